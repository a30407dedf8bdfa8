"""Names that are used and not bound, bound and not used, or moved: imports in the style of the file."""
