import sys

import pytest

from inkling.llm.short_turns import SHORT_S, short_turns


def test_turns_are_short_inside_and_as_before_afterwards_whatever_happens() -> None:
    usual_s = sys.getswitchinterval()
    with short_turns(), short_turns():
        assert sys.getswitchinterval() == pytest.approx(SHORT_S)
    assert sys.getswitchinterval() == usual_s
    with pytest.raises(ImportError), short_turns():
        raise ImportError
    assert sys.getswitchinterval() == usual_s
