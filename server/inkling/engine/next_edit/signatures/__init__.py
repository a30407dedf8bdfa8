"""A function, a class or a result changed shape: what follows from it."""
