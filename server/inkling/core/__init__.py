"""What Inkling talks about, in plain types: no I/O, no vendor, the standard library only."""
