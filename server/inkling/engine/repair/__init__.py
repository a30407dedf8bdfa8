"""The embedded mind's repairer: a search for small changes with which failing tests pass.

`repairer` (with `EmbeddedRepairer`) runs outside and starts `worker` in a sandbox. The worker reads the program
(`program`), finds places (`sites`), makes mutants (`templates`, `synthesis`), and has them run by a stage (`stage`,
`trial`), a process with the user's tests imported that forks for each batch. What passes becomes edits of the user's
own text (`rendering`). Nothing is imported here: the worker starts without what only the outer half needs.
"""
