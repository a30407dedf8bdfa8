"""What was read of the workspace and its environment, on disk and kept fresh."""
