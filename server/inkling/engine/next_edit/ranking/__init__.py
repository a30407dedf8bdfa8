"""Orders proposals and places: their features, boosted trees that were learned from real edits, and thresholds."""
