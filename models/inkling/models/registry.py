"""Which personal model is in force: a champion on disk, the one before it, and what it takes to replace it.

Architecture invariant: a champion is replaced only by a challenger that was better on later data, with stated
confidence, and never in part: files are written aside and moved into place. A file that is damaged, hostile or of
another version is refused and set aside, and what was judged is learned anew from the log.
"""

from pathlib import Path

from inkling.core.errors import ModelArtifactError
from inkling.models.artifact_json import MAX_BYTES
from inkling.models.challenge import Comparison
from inkling.models.personal_file import Registered, dump_registered, parse_registered
from inkling.models.regular_file import aside_of, read_regular, remove, set_aside, write_whole

_LEARNED_ANEW = "What you judged is learned anew from the log."


class Registry:
    """Champion, previous champion and latest challenger, as three files in one directory. All calls touch the disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.champion_path = directory / "champion.json"
        self.previous_path = directory / "previous.json"
        self.challenger_path = directory / "challenger.json"

    def champion(self, prior_version: str) -> Registered | None:
        """Returns the model in force; None when there is none yet.

        Raises:
            ModelArtifactError: Its file is damaged, of another version, or belongs to another prior.
        """
        return _read(self.champion_path, prior_version)

    def champion_or_set_aside(self, prior_version: str) -> tuple[Registered | None, str | None]:
        """Returns the model in force; where its file is not fit for use, moves that aside and returns words for it."""
        try:
            return self.champion(prior_version), None
        except ModelArtifactError as error:
            reason = str(error)
        try:
            kept = set_aside(self.champion_path)
        except OSError as error:
            return None, f"{reason}. It cannot be set aside ({error}). {_LEARNED_ANEW}"
        return None, f"{reason}. It is kept as {kept.name}. {_LEARNED_ANEW}"

    def challenge(self, challenger: Registered, comparison: Comparison) -> bool:
        """Keeps the challenger's file, and makes it champion if it was better; tells whether it did.

        Raises:
            ModelArtifactError: A file cannot be written; the champion stays as it was.
        """
        text = dump_registered(challenger)
        self._write(self.challenger_path, text)
        if not comparison.is_better:
            return False
        try:
            held = read_regular(self.champion_path, MAX_BYTES)
        except FileNotFoundError:
            held = None
        except OSError as error:
            raise ModelArtifactError(f"The model {self.champion_path} cannot be kept: {error}") from error
        if held is not None:
            self._write(self.previous_path, held)
        self._write(self.champion_path, text)
        return True

    def roll_back(self, prior_version: str) -> Registered | None:
        """Makes the previous champion the champion again and returns it; before the first champion there was none.

        Raises:
            ModelArtifactError: There is nothing to go back from, or the previous champion's file is not fit for use;
                the champion stays as it was.
        """
        previous = _read(self.previous_path, prior_version)
        if previous is None and not self.champion_path.exists():
            raise ModelArtifactError("There is no previous model to go back to: no training has replaced it yet.")
        try:
            if previous is None:
                self.champion_path.unlink()
            else:
                self.previous_path.replace(self.champion_path)
        except OSError as error:
            raise ModelArtifactError(f"The previous model cannot be put back: {error}") from error
        return previous

    def reset(self) -> None:
        """Deletes all that was learned.

        Raises:
            ModelArtifactError: A file cannot be deleted.
        """
        try:
            for path in (self.champion_path, self.previous_path, self.challenger_path):
                aside = aside_of(path)
                if not aside.is_dir():  # what is in a folder was never this program's
                    aside.unlink(missing_ok=True)
                remove(path)
        except OSError as error:
            raise ModelArtifactError(f"The personal model cannot be deleted: {error}") from error

    def _write(self, path: Path, content: str | bytes) -> None:
        try:
            write_whole(path, content.encode() if isinstance(content, str) else content)
        except OSError as error:
            raise ModelArtifactError(f"The model {path} cannot be written: {error}") from error


def _read(path: Path, prior_version: str) -> Registered | None:
    try:
        data = read_regular(path, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ModelArtifactError(f"The personal model {path} cannot be read: {error}") from error
    try:
        registered = parse_registered(data)
        if registered.prior_version != prior_version:
            raise ModelArtifactError(f"it belongs to {registered.prior_version}, and {prior_version} is in use")
    except ModelArtifactError as error:
        raise ModelArtifactError(f"The personal model {path} is damaged or of another version: {error}") from error
    return registered
