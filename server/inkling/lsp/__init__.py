"""The language server: the only room that knows LSP, UTF-16 and the editor's names for things."""
