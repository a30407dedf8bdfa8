"""What was done once or more is done elsewhere: patterns, blocks of lines, insertions."""
