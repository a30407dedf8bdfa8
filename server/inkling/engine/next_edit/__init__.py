"""The embedded mind's view of what is changed next: proposers, one a kind of edit, and one ranking of what they say."""
