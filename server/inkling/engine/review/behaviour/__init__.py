"""Old and new run side by side on the same inputs.

`reviewer` (with `BehaviourReviewer`) runs outside: it finds what can be called (`targets`), asks `worker` in a sandbox,
tells intended differences from others (`verdicts`), and has a pytest module of each run on both versions
(`reproduction`). The worker makes inputs (those `known` from tests, those that `recording` saw in them, and others by
`generation`), runs them (`running`), and makes those that tell the versions apart small (`shrinking`). Nothing is
imported here: the worker starts without what only the outer half needs.
"""
