"""The programs: `inkling serve` and the shell commands, and the one place where objects are built."""
