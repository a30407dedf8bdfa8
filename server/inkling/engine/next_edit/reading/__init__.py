"""What several proposers read of code: scopes, bindings, call sites, outlines."""
