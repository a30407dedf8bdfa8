"""Where the analysis keeps syntax trees between starts: in a folder of its own, where a damaged file does no harm.

The trees are pickles, and loading one runs what it says; jedi's usual folder is written by other programs, too.
"""

import contextlib
import logging
from pathlib import Path
from typing import Any

import jedi
import parso.cache

logger = logging.getLogger(__name__)


def keep_trees_in(folder: Path | None) -> None:
    """Makes jedi keep syntax trees in `folder`, open to its owner alone; None, or no such folder: in memory only.

    A file that cannot be loaded, such as one that a killed process was writing, is dropped, and its tree made anew.
    """
    is_kept = folder is not None and _is_made(folder)
    cache: Any = parso.cache  # none of what follows has types
    load, save = cache._load_from_file_system, cache._save_to_file_system

    def load_or_drop(grammar: Any, path: Any, p_time: Any, cache_path: Any = None) -> Any:
        if not is_kept:
            return None
        try:
            return load(grammar, path, p_time, cache_path=cache_path)
        except Exception as error:  # noqa: BLE001 - a damaged pickle may raise anything
            logger.warning("dropped a damaged syntax tree: %s", error)
            with contextlib.suppress(OSError):
                Path(cache._get_hashed_path(grammar, path, cache_path=cache_path)).unlink()
            return None

    def save_if_possible(grammar: Any, path: Any, item: Any, cache_path: Any = None) -> None:
        if is_kept:
            try:
                save(grammar, path, item, cache_path=cache_path)
            except OSError as error:  # a full disk; what was written by then is dropped when it is loaded
                logger.debug("kept no syntax tree: %s", error)

    # parso has no setting for this; both are looked up in their module at each call.
    cache._load_from_file_system = load_or_drop
    cache._save_to_file_system = save_if_possible
    if is_kept:
        jedi.settings.cache_directory = str(folder)


def _is_made(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        logger.warning("syntax trees are kept in memory only: %s", error)
        return False
    return True
