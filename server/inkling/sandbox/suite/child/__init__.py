"""The half of the suite runner that lives inside a sandbox: a warm Python that forks for each run of tests.

It runs in the user's interpreter, so it needs the standard library and pytest only, and its modules import one
another relatively: it is loaded under a name of its own (`PACKAGE_NAME`) and leaves every other name to the project.
Nothing that comes out of here is trusted outside; see `frames`.
"""

PACKAGE_NAME = "_inkling_suite"
