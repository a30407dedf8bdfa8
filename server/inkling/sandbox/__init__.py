"""Sandboxes: where code that was proposed, or that tests run for it, can do no harm.

`choice` opens the backend that works: `bubblewrap`, or `docker_engine` with `engine_client`, `image` and
`container_first`, which is the half inside. What both do alike is in `supervised`; what a run sees is drawn up in
`layout`, `installation` and `environment`; `seccomp`, `cgroups` and `usage` hold it to its limits. `suite` runs tests.
Nothing is imported here, because the halves that run inside are part of this package.
"""
