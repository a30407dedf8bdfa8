"""What goes on in docstrings and comments: foretold from the symbols they describe and from the code beside them."""
