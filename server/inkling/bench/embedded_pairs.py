"""How sure the embedded completer was, and whether it was right: leave one line out.

```
python -m inkling.bench.embedded_pairs --project DIR [--project DIR …] [--out PAIRS.jsonl] [--seed N] [--each N]
```

From each project, lines are drawn at random; the rest of the line behind the cursor is removed, everything
else stays. The cursor stands (a) after one to three tokens, half the time with one to three characters of the
next name, (b) at the line's start, (c) after a random token. Only lines with two tokens or more count, outside
of triple-quoted strings, where three characters or more are to be found. The projects are left out of the
environment's index, and the file is left out of its project's index.

Each line of the output is `{"mean_logprob": x, "n_tokens": n, "was_right": bool, "kind": "a", "project": "…"}`
for a position with a candidate; right is the first candidate that equals the rest of the line.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from inkling.context.environment import find_environment
from inkling.context.sources import Limits, environment_files, imported_names, read_source, workspace_files
from inkling.core.text import split_lines
from inkling.engine.completion.asked_place import Surroundings
from inkling.engine.completion.predictor import Proposal, propose
from inkling.engine.index.segment import Segment, SegmentWriter, open_segment
from inkling.engine.language.lexer import is_word, lex, lex_line, raw_tokens
from inkling.engine.language.open_files import OpenFile, TokenNumbers

KINDS = ("a", "b", "c")
LEAST_REST_CHARS = 3
LEAST_TOKENS = 2
MOST_TOKENS_TYPED = 3
PRECISION = 0.6
ENVIRONMENT_LIMITS = Limits(n_files=4000, size_bytes=40 * 1024 * 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A cursor in a text whose line was cut there, and what stood behind it."""

    kind: str
    file: str
    text: str
    offset: int
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One answer and whether it was right."""

    mean_logprob: float
    n_tokens: int
    was_right: bool
    kind: str
    project: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """All answers for the projects."""

    pairs: list[Pair]
    n_positions: int
    cpu_ms: list[float]


def measure(projects: Sequence[Path], *, seed: int, n_each: int) -> Measurement:
    """Returns the answers at positions of each kind in each project, `n_each` of a kind where there are so many."""
    pairs: list[Pair] = []
    cpu_ms: list[float] = []
    n_positions = 0
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment_segment(projects, Path(folder) / "environment.segment")
        for project in projects:
            texts = _texts(project)
            workspace = _segment(texts)
            numbers = TokenNumbers()
            files = {path: OpenFile(numbers) for path in texts}
            generator = random.Random(f"{seed} {project.name}")  # noqa: S311 - a sample, no secret
            for position in _positions(texts, generator, n_each):
                workspace.leave_out([position.file])
                started_s = time.thread_time()
                proposals = propose(
                    files[position.file],
                    numbers,
                    position.text,
                    position.offset,
                    Surroundings(workspace=[workspace], environment=[environment]),
                )
                cpu_ms.append((time.thread_time() - started_s) * 1000)
                n_positions += 1
                pairs.extend(_pair(position, proposals, project.name))
    return Measurement(pairs=pairs, n_positions=n_positions, cpu_ms=sorted(cpu_ms))


def _pair(position: Position, proposals: Sequence[Proposal] | None, project: str) -> Iterator[Pair]:
    if proposals:
        best = proposals[0]
        yield Pair(
            mean_logprob=best.mean_logprob,
            n_tokens=best.n_tokens,
            was_right=best.text == position.rest,
            kind=position.kind,
            project=project,
        )


def share_shown_at(pairs: Sequence[Pair], precision: float, n_positions: int) -> float:
    """Returns the largest share of positions that can be shown, the surest first, with `precision` of them right."""
    by_sureness = sorted(pairs, key=lambda pair: -pair.mean_logprob * pair.n_tokens)
    n_shown = n_right = 0
    for number, pair in enumerate(by_sureness, 1):
        n_right += pair.was_right
        if n_right >= precision * number:
            n_shown = number
    return n_shown / n_positions if n_positions else 0.0


def _texts(project: Path) -> dict[str, str]:
    texts = {file.path: read_source(file.path) for file in workspace_files([project], ())}
    return {path: text for path, text in texts.items() if text is not None}


def _segment(texts: dict[str, str]) -> Segment:
    writer = SegmentWriter()
    for path, text in texts.items():
        writer.add(path, lex(text))
    return writer.build()


def _environment_segment(projects: Sequence[Path], path: Path) -> Segment:
    environment = find_environment(Path(sys.executable))
    if environment is None:
        raise SystemExit("this interpreter does not tell where its packages are")
    imported = imported_names(text for project in projects for text in _texts(project).values())
    writer = SegmentWriter()
    for file in environment_files(environment, imported, ENVIRONMENT_LIMITS):
        if not any(Path(file.path).is_relative_to(project) for project in projects):
            writer.add(file.path, lex(read_source(file.path) or ""))
    writer.write(path)
    return open_segment(path)


def _positions(texts: dict[str, str], generator: random.Random, n_each: int) -> Iterator[Position]:
    lines = [(file, *line) for file, text in texts.items() for line in _code_lines(text)]
    for kind in KINDS:
        generator.shuffle(lines)
        n_found = 0
        for file, start, code in lines:
            cut = _cut(kind, code, generator)
            if cut is None or len(code[cut:].strip()) < LEAST_REST_CHARS:
                continue
            text = texts[file]
            cut_text = text[: start + cut] + text[start + len(code) :]
            yield Position(kind=kind, file=file, text=cut_text, offset=start + cut, rest=code[cut:])
            n_found += 1
            if n_found == n_each:
                break


def _code_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yields the offset and the code, without comments, of the lines that count."""
    offset = 0
    open_string = ""
    for line in split_lines(text):
        lexed = lex_line(line, open_string)
        if not open_string and not lexed.open_string and len(lexed.tokens) >= LEAST_TOKENS:
            code = line.rstrip()
            last = raw_tokens(code.lstrip())[-1]
            if last.startswith("#"):
                code = code[: -len(last)].rstrip()
            yield offset, code
        open_string = lexed.open_string
        offset += len(line)


def _cut(kind: str, code: str, generator: random.Random) -> int | None:
    """Returns the column of a cursor of this kind, or None where the line has none."""
    column = len(code) - len(code.lstrip())
    if kind == "b":
        return column
    tokens = raw_tokens(code.lstrip())
    n_typed = generator.randint(1, MOST_TOKENS_TYPED if kind == "a" else len(tokens) - 1) if len(tokens) > 1 else 1
    if n_typed >= len(tokens):
        return None
    for token in tokens[:n_typed]:
        column = code.index(token, column) + len(token)
    # Nobody waits for a suggestion before the space that must come.
    if code[column] == " ":
        column += 1
    following = tokens[n_typed]
    if kind == "a" and is_word(following) and following[0].isidentifier() and generator.random() < 1 / 2:
        column += min(generator.randint(1, 3), len(following) - 1)
    return column


def main() -> int:
    """Measures, writes the pairs, prints the figures."""
    parser = argparse.ArgumentParser(description="Leave one line out: was the completer right, how sure was it?")
    parser.add_argument("--project", type=Path, action="append", required=True, help="a folder of Python files")
    parser.add_argument("--out", type=Path, help="where the pairs go, as JSON Lines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=170, help="positions of each kind in each project")
    arguments = parser.parse_args()
    projects = [project.resolve() for project in arguments.project]
    measurement = measure(projects, seed=arguments.seed, n_each=arguments.each)
    if arguments.out is not None:
        lines = [json.dumps(asdict(pair)) + "\n" for pair in measurement.pairs]
        arguments.out.write_text("".join(lines), encoding="utf-8")
    n_positions = measurement.n_positions
    if not n_positions:
        raise SystemExit("the projects hold no line of Python to leave out")
    print(f"protocol=leave-one-line-out seed={arguments.seed} projects={len(projects)} n={n_positions}")
    for kind in ("", *KINDS):
        right = [pair for pair in measurement.pairs if pair.was_right and kind in ("", pair.kind)]
        n_of_kind = n_positions if not kind else n_positions / len(KINDS)
        print(f"exact_match{kind and '_' + kind}={len(right) / n_of_kind:.3f}")
    print(f"share_shown_at_60={share_shown_at(measurement.pairs, PRECISION, n_positions):.3f}")
    for name, quantile in (("p50", 0.5), ("p95", 0.95)):
        print(f"cpu_ms_{name}={measurement.cpu_ms[int(quantile * (len(measurement.cpu_ms) - 1))]:.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
