"""`inkling bench next-edit`: real edits one after another, and what is predicted of each from those before it."""
