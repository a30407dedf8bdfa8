"""The one tree of exceptions.

```
InklingError
├── UserError                what a person did or configured; the message says what to do
│   ├── BadLocationError     FILE:LINE:COL that names no place
│   ├── UnreadableFileError  a file that is missing, not UTF-8, or too large
│   ├── BadSettingError      a setting with a wrong type or value
│   └── BadChecklistError    a team's checklist for reviews that cannot be read
├── WorkerError              a worker process died, answered nonsense, or missed its deadline
│   └── WorkerUnavailableError  it cannot be started (again)
├── StoreError               the event store cannot be opened, read or written
├── ModelArtifactError       a model file that is damaged or of another version
├── SandboxError             a sandbox cannot be had, or failed by itself; never: what ran in it failed
└── ModelError               a language model's endpoint did not answer as it should
```
"""


class InklingError(Exception):
    """Any error that Inkling raises on purpose."""


class UserError(InklingError):
    """Something a person can mend; the message says how."""


class BadLocationError(UserError):
    """A location on the command line or in a request that names no place in the file."""


class UnreadableFileError(UserError):
    """A file that is missing, not UTF-8, or larger than Inkling reads."""


class BadSettingError(UserError):
    """A setting with a wrong type or a value out of its range."""


class BadChecklistError(UserError):
    """A team's checklist for reviews that cannot be read; the message names the rule."""


class WorkerError(InklingError):
    """A worker process died, answered nonsense, or missed its deadline."""


class WorkerUnavailableError(WorkerError):
    """A worker process cannot be started, or failed so often that it is left alone for a while."""


class StoreError(InklingError):
    """The event store cannot be opened, read or written."""


class ModelArtifactError(InklingError):
    """A model file that is damaged, of another version, or does not fit the features."""


class SandboxError(InklingError):
    """A sandbox cannot be had or failed by itself; the message is for the user and says how to get one."""


class ModelError(InklingError):
    """A language model's endpoint did not answer as it should; the message is for the user and says what to change.

    Attributes:
        cause: A word for what is the matter, so that the user is told once for each; may be empty.
    """

    def __init__(self, message: str, *, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause
