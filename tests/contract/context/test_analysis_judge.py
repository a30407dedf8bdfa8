"""Verdicts on names, with real files, a real environment and jedi; `|` is the cursor, `$` ends the candidate.

A name that exists and is called unknown would hide a good suggestion, so most cases here are traps.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inkling.context.analysis.mentions import find_mentions, pack
from inkling.context.analysis.worker import AnalysisWorker, resident_bytes
from inkling.context.worker.child import Call
from inkling.core.text import line_end, line_start

EXIST, ATTRIBUTE, IMPORT, UNSURE = "exist", "unknown_attribute", "unknown_import", "not_known_yet"

SHAPES = """
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

class Plain:
    kind = 'plain'
    def __init__(self):
        self.size = 1
    def grow(self):
        self.grown = True

class Child(Plain):
    def shrink(self): ...

class Dynamic:
    def __getattr__(self, name): return name
class Slotted:
    __slots__ = ('a',)
class Setter:
    def __init__(self, **kw):
        for k, v in kw.items():
            setattr(self, k, v)
class Updater:
    def __init__(self, **kw):
        self.__dict__.update(kw)
class New:
    def __new__(cls): return Plain()
class Meta(type): ...
class WithMeta(metaclass=Meta): ...
class OfUnknown(NoSuchThing): ...
class OfMissing(register(Plain).Y): ...
def register(cls): return cls
@register
class Decorated: ...
@dataclass
class Data:
    x: int
class Colour(Enum):
    RED = 1
class Pair(NamedTuple):
    a: int
class Conditional: ...
if WithMeta:
    class Conditional:
        extra = 1
def make(): return Plain()
first, *others = 1, 2, 3
for loop_name in (): ...
try:
    import missing_thing
except ImportError as problem:
    missing_thing = None
def late():
    global made_late
    made_late = 1
"""

WORKSPACE = {
    "shapes.py": SHAPES,
    "lazy.py": "def __getattr__(name): return name\n",
    "hooked.py": "globals().update(a=1)\n",
    "replaced.py": "import sys\nsys.modules[__name__] = object()\n",
    "starred.py": "from shapes import *\n",
    "starred_open.py": "from nowhere import *\n",
    "circle_a.py": "from circle_b import *\na = 1\n",
    "circle_b.py": "from circle_a import *\nb = 1\n",
    "torn.py": "def f(:\n",
    "package/__init__.py": "from .inner import *\nfrom .inner import Thing as Renamed\nshadow = 3\n",
    "package/inner.py": "class Thing:\n    colour = 1\nvalue = 2\n",
    "package/shadow.py": "x = 1\n",
    "package/deep/__init__.py": "",
    "package/deep/doc.py": "",
    "spaces/part.py": "y = 1\n",
    "src/sourced/__init__.py": "here = 1\n",
    "tools/scripts/odd_module.py": "z = 1\n",
    "users.py": "import doc\nclass Sub(doc.Extended):\n    def added(self): ...\n",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workspace")
    for name, text in WORKSPACE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with a package, a stub-only package and an editable install's import hook."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "elsewhere").mkdir()
    (packages / "elsewhere" / "__init__.py").write_text("found = 1\n")
    (packages / "elsewhere" / f"compiled.{sys.implementation.cache_tag}.so").write_bytes(b"")
    (packages / "typed-stubs").mkdir()
    (packages / "typed-stubs" / "__init__.pyi").write_text("a: int\n")
    (packages / "__editable___x_finder.py").write_text(
        "MAPPING = {'linked': '/somewhere/linked'}\n\ndef install(): ...\n"
    )
    (packages / "__editable__.x.pth").write_text("import __editable___x_finder; __editable___x_finder.install()\n")
    return home / "bin" / "python"


Judge = Callable[..., list[str]]


def make_judge(workspace: Path, interpreter: Path | None) -> Judge:
    worker = AnalysisWorker()
    worker.take_scope(([str(workspace)], None if interpreter is None else str(interpreter)))
    while worker.prepare():
        pass

    def judge(marked: str, path: str | None = "doc.py") -> list[str]:
        offset, end = marked.index("|"), marked.index("$")
        candidate = marked[offset + 1 : end]
        text = marked[:offset] + marked[end + 1 :]
        found = find_mentions(text, offset, candidate)
        before, after = text[: line_start(text, offset)], text[line_end(text, offset) :]
        place = None if path is None else str(workspace / path)
        payload = (place, before, found.line, after, pack(found.mentions))
        verdicts = worker.judge(Call(1, payload, set()))
        assert verdicts is not None
        return verdicts

    return judge


@pytest.fixture(scope="module")
def judge(workspace: Path, interpreter: Path) -> Judge:
    return make_judge(workspace, interpreter)


MAKERS = "Dynamic Slotted Setter Updater New WithMeta OfUnknown OfMissing Decorated Data Conditional make"


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # Modules.
        ("import os\nos.|path$", EXIST),
        ("import os\nos.|pth$", ATTRIBUTE),
        ("import os\nos.p|th$", ATTRIBUTE),
        ("import os.path\nos.path.|jion(a)$", ATTRIBUTE),
        ("from os import path\npath.|join(a)$", EXIST),
        ("import json as j\nj.|dumpz$", ATTRIBUTE),
        ("import math\nmath.|sqrtt$", ATTRIBUTE),
        ("import sys\nsys.|_getframe$", EXIST),
        ("import sys\nsys.|_no_such_private$", UNSURE),
        ("import os\nos.|__no_such__$", UNSURE),
        ("import concurrent\nconcurrent.|futures$", EXIST),
        ("import shapes\nshapes.|Plain$", EXIST),
        ("import shapes\nshapes.|Plane$", ATTRIBUTE),
        ("import shapes\nshapes.|others$", EXIST),
        ("import shapes\nshapes.|loop_name$", EXIST),
        ("import shapes\nshapes.|missing_thing$", EXIST),
        ("import shapes\nshapes.|made_late$", EXIST),
        ("import lazy\nlazy.|anything$", UNSURE),
        ("import hooked\nhooked.|anything$", UNSURE),
        ("import replaced\nreplaced.|anything$", UNSURE),
        ("import starred\nstarred.|Plain$", EXIST),
        ("import starred\nstarred.|Plane$", ATTRIBUTE),
        ("import starred_open\nstarred_open.|anything$", UNSURE),
        ("import circle_a\ncircle_a.|b$", EXIST),
        ("import circle_a\ncircle_a.|c$", UNSURE),
        ("import torn\ntorn.|anything$", UNSURE),
        ("import package\npackage.|value$", EXIST),
        ("import package\npackage.|inner$", EXIST),
        ("import package\npackage.|iner$", ATTRIBUTE),
        ("from package import shadow\nshadow.|real$", UNSURE),
        ("import spaces\nspaces.|part$", EXIST),
        ("import spaces\nspaces.|other$", UNSURE),
        ("import elsewhere\nelsewhere.|found$", EXIST),
        ("import elsewhere\nelsewhere.|lost$", ATTRIBUTE),
        ("import elsewhere.compiled as c\nc.|anything$", UNSURE),
        ("import nowhere\nnowhere.|anything$", UNSURE),
        # What the name stands for is not beyond doubt.
        ("import os\nos = make()\nos.|pth$", UNSURE),
        ("import os\ndef f(os):\n    os.|pth$", UNSURE),
        ("import os\nfor os in x:\n    pass\nos.|pth$", UNSURE),
        ("import os\n[|os.pth for os in x]$", UNSURE),
        ("import os\nf = lambda os: |os.pth$", UNSURE),
        ("try:\n    import json\nexcept ImportError:\n    import os as json\njson.|dumpz$", UNSURE),
        ("from nowhere import *\nos.|pth$", UNSURE),
        ("def f(x=1):\n    x.|anything$", UNSURE),
        ("x = None\nx.|anything$", UNSURE),
        ("x = []\nx.|anything$", UNSURE),
        ("x = a or b\nx.|anything$", UNSURE),
        ("|undefined.anything$", UNSURE),
        # The document makes the attribute, or lives without it.
        ("import os\nos.pth = 1\nos.|pth$", UNSURE),
        ("import os\nif hasattr(os, 'pth'):\n    os.|pth$", UNSURE),
        ("import os\ntry:\n    os.|pth$\nexcept AttributeError: pass", UNSURE),
        ("import os\nos.|pth if hasattr(os, name) else 0$", UNSURE),
        # Classes and what is made from them.
        ("from shapes import Plain\nPlain.|kind$", EXIST),
        ("from shapes import Plain\nPlain.|knd$", ATTRIBUTE),
        ("from shapes import Plain\nPlain.|mro()$", UNSURE),
        ("from shapes import Plain\np = Plain()\np.|grown$", EXIST),
        ("from shapes import Plain\np = Plain()\np.|groan$", ATTRIBUTE),
        ("import shapes\np = shapes.Child()\np.|grow()$", EXIST),
        ("import shapes\np = shapes.Child()\np.|gorw()$", ATTRIBUTE),
        ("import shapes\np = shapes.Child()\np.extra = 1\np.|extra$", UNSURE),
        ("import shapes\np = shapes.Child()\nsetattr(p, n, 1)\np.|extra$", UNSURE),
        ("from starred import Plain\np = Plain()\np.|groan$", UNSURE),
        ("from package import Renamed\nr = Renamed()\nr.|colour$", EXIST),
        ("from package import Renamed\nr = Renamed()\nr.|color$", ATTRIBUTE),
        ("from pathlib import Path\np = Path()\np.|read_text()$", EXIST),
        ("from pathlib import Path\np = Path()\np.|read_txt()$", ATTRIBUTE),
        ("import threading\nt = threading.Thread()\nt.|_target$", UNSURE),
        *((f"import shapes\nx = shapes.{name}()\nx.|anything$", UNSURE) for name in MAKERS.split()),
        ("import shapes\nx = shapes.Pair(1)\nx.|a$", EXIST),
        ("from shapes import Colour\nColour.|BLUE$", UNSURE),
        ("from unittest.mock import Mock\nm = Mock()\nm.|anything$", UNSURE),
        ("import ctypes\nl = ctypes.CDLL('x')\nl.|anything$", UNSURE),
        ("import argparse\nn = argparse.Namespace()\nn.|anything$", UNSURE),
        # The class around the cursor.
        ("class A:\n    def __init__(self):\n        self.a = 1\n    def f(self):\n        return self.|a$", EXIST),
        ("class A:\n    def __init__(self):\n        self.a = 1\n    def f(self):\n        return self.|b$", ATTRIBUTE),
        ("class A:\r\n    def f(self):\r\n        return self.|b$\r\n", ATTRIBUTE),
        ("class A:\n    def f(self):\n        '😀'; self.|b$\n", ATTRIBUTE),
        ("class A:\n    def f(self):\n        def g():\n            return self.|f$", EXIST),
        ("class A:\n    def f(self):\n        return self.|b$\nclass B(A): b = 1\n", UNSURE),
        ("class Extended:\n    def f(self):\n        return self.|added$\n", UNSURE),
        ("class AMixin:\n    def f(self):\n        return self.|b$\n", UNSURE),
        ("class A(Unknown):\n    def f(self):\n        return self.|b$\n", UNSURE),
        ("class A:\n    def f(self):\n        self.db.go()\n    def g(self):\n        return self.|db$\n", UNSURE),
        ("class A:\n    def f(self):\n        self.db.go()\n    def g(self):\n        return self.|d$\n", ATTRIBUTE),
        ("class A:\n    @staticmethod\n    def f(x, self):\n        return self.|b$\n", UNSURE),
        ("def f(self):\n    return self.|b$\n", UNSURE),
        ("class A:\n    def f(self):\n        raise NotImplementedError\n    def g(self):\n        self.|b()$", UNSURE),
        # Not code at all, or not yet.
        ('"""\nimport os\n"""\n"""\nos.|pth$\n"""', UNSURE),
        ("import os\n'''\nos.|pth$\n'''", UNSURE),
        ("import os\ndef f(:\nos.|pth$", UNSURE),
        ("|a.b$", UNSURE),
        ("\ufeffimport os\nos.|pth$", ATTRIBUTE),
        ("import os\n\f\nx = '\u2028'\ros.|pth$", ATTRIBUTE),
    ],
)
def test_attributes(judge: Judge, marked: str, expected: str) -> None:
    assert judge(marked)[0] == expected


@pytest.mark.parametrize(
    ("marked", "path", "expected"),
    [
        ("import |os.path$", "doc.py", [EXIST, EXIST]),
        ("import |oss$", "doc.py", [IMPORT]),
        ("import os, |jsn$", "doc.py", [IMPORT]),
        ("import o|ss$", None, [IMPORT]),
        ("import |os.pth$", "doc.py", [EXIST, IMPORT]),
        ("from os import |path, pth$", "doc.py", [EXIST, IMPORT]),
        ("from os import pa|th$", "doc.py", [EXIST]),
        ("from |shapes import Plain$", "doc.py", [EXIST, EXIST]),
        ("from shapes import |Plane$", "doc.py", [IMPORT]),
        ("def f():\n    from shapes import |Plane$", "doc.py", [IMPORT]),
        ("from lazy import |anything$", "doc.py", [UNSURE]),
        ("from |package.inner import Thing$", "doc.py", [EXIST, EXIST, EXIST]),
        ("from |package.innr import Thing$", "doc.py", [EXIST, IMPORT, UNSURE]),
        ("from spaces import |part, other$", "doc.py", [EXIST, UNSURE]),
        ("from |sourced import here, there$", "doc.py", [EXIST, EXIST, IMPORT]),
        ("import |odd_module$", "doc.py", [UNSURE]),
        ("import |elsewhere$", "doc.py", [EXIST]),
        ("from elsewhere import |found, lost$", "doc.py", [EXIST, IMPORT]),
        ("import |typed$", "doc.py", [EXIST]),
        ("import |linked$", "doc.py", [UNSURE]),
        ("import sys\nsys.path.append('x')\nimport |oss$", "doc.py", [UNSURE]),
        # Relative ones.
        ("from . import |inner$", "package/__init__.py", [EXIST]),
        ("from .inner import |value, vaule$", "package/other.py", [EXIST, IMPORT]),
        ("from ..inner import |Thing$", "package/deep/doc.py", [EXIST]),
        ("from ..iner import |Thing$", "package/deep/doc.py", [UNSURE]),
        ("from .... import |x$", "package/deep/doc.py", [UNSURE]),
        ("from . import |x$", None, [UNSURE]),
        # Where failing is part of the plan.
        ("try:\n    import |oss$\nexcept ImportError:\n    pass", "doc.py", [UNSURE]),
        ("if TYPE_CHECKING:\n    from |oss import x$", "doc.py", [UNSURE, UNSURE]),
        ("def f():\n    try:\n        # why\n\n        import |oss$\n    except ImportError: pass", "doc.py", [UNSURE]),
        # Words, not code.
        ("'''\nimport |oss$\n'''\n", "doc.py", [UNSURE]),
        ("def f(:\nimport |oss$", "doc.py", [UNSURE]),
        ("x = '😀'\r\nimport |oss$\r\n", "doc.py", [IMPORT]),
    ],
)
def test_imports(judge: Judge, marked: str, path: str | None, expected: list[str]) -> None:
    assert judge(marked, path) == expected


def test_without_an_interpreter_only_the_workspace_and_the_standard_library_are_certain(workspace: Path) -> None:
    judge = make_judge(workspace, None)
    assert judge("import |oss$") == [UNSURE]
    assert judge("import |numpy$") == [UNSURE]
    assert judge("from shapes import |Plane$") == [IMPORT]
    assert judge("import os\nos.|pth$") == [ATTRIBUTE]


def test_an_interpreter_that_cannot_run_is_as_good_as_none(workspace: Path) -> None:
    judge = make_judge(workspace, workspace / "no" / "python")
    assert judge("import |oss$") == [UNSURE]
    assert judge("import os\nos.|pth$") == [ATTRIBUTE]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its own size at any moment")
def test_a_worker_that_has_grown_too_large_ends_when_nothing_is_asked() -> None:
    assert resident_bytes() > 2**20
    AnalysisWorker(largest_rss_bytes=2**40).rest()
    with pytest.raises(SystemExit):
        AnalysisWorker(largest_rss_bytes=2**20).rest()


def test_reading_ahead_stops_before_the_worker_grows_too_large(workspace: Path) -> None:
    worker = AnalysisWorker(largest_rss_bytes=2**40)
    worker.take_document((str(workspace / "doc.py"), "import os\nfrom shapes import Plain\nimport nowhere\n"))
    while worker.prepare():
        pass
    tight = AnalysisWorker(largest_rss_bytes=1)
    tight.take_document((str(workspace / "doc.py"), "import os\n"))
    steps = 0
    while tight.prepare():
        steps += 1
    assert steps <= 1  # the workspace is read; the import is not
