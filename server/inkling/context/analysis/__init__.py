"""What jedi and the source of modules tell about names: popup completions, and names that cannot exist.

`analysis` is the daemon's half and imports nothing heavy; `worker` is the process that runs jedi. `mentions`
finds the names that a candidate introduces, `binding` what they stand for in the document, `namespaces` what
modules and classes hold, `workspace` what it could provide beside these, and `judge` puts all together. Apart from
these, `scope_reading` tells the ranker of ghost text what is known of a scope, with `scope_types` and without jedi,
which takes far too long for that.

Jedi's silence alone proves nothing: it also finds nothing where it does not understand the code. So a name is
called unknown only when two witnesses agree: the source, read here, leaves no way in which the name could
come to be, and jedi resolves what stands before the dot but not the name.
"""
