"""Tests that run jedi in their own process."""

import jedi
import pytest


@pytest.fixture(scope="session", autouse=True)
def own_syntax_trees(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder for syntax trees: jedi's usual one is written by other processes, too, and read half written then."""
    jedi.settings.cache_directory = str(tmp_path_factory.mktemp("trees"))
