"""How sure the embedded completer was, and whether it was right: training data of the acceptance model.

```
python -m inkling.bench.embedded_pairs --project DIR [--project DIR …] --out PAIRS.jsonl [--seed N] [--each N]
```

One line is left out at a time, as `inkling bench completion` does, which also says how good the answers are.

Each line of the output is `{"mean_logprob": x, "n_tokens": n, "was_right": bool, "kind": "a", "project": "…"}`
for a position with a candidate; right is the first candidate that equals the rest of the line.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from inkling.bench.completion.completers import FACTS, EmbeddedCompleter, index_environment
from inkling.bench.completion.positions import loo_positions
from inkling.bench.completion.projects import environment_texts, project_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One answer and whether it was right."""

    mean_logprob: float
    n_tokens: int
    was_right: bool
    kind: str
    project: str


def pairs(projects: Mapping[str, Mapping[str, str]], *, seed: int, n_each: int) -> Iterator[Pair]:
    """Yields the answers at positions of each kind in each project, `n_each` of a kind where there are so many.

    Args:
        projects: The files of each project, by path.
        seed: Chooses the positions.
        n_each: Positions of a kind in a project.
    """
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as scratch:
        folder = Path(scratch)
        environment = index_environment(environment_texts(list(projects.values())), folder / "environment.segment")
        completer = EmbeddedCompleter(folder, environment, {FACTS})
        for name, texts in projects.items():
            completer.read(texts)
            for position in loo_positions(name, texts, seed=seed, n_each=n_each):
                completer.open(position)
                lines = [proposal for proposal in completer.proposals(position) if "\n" not in proposal.text]
                for best in lines[:1]:
                    yield Pair(
                        mean_logprob=best.mean_logprob,
                        n_tokens=best.n_tokens,
                        was_right=best.text == position.rest,
                        kind=position.kind.value,
                        project=name,
                    )


def main() -> int:
    """Measures and writes the pairs."""
    parser = argparse.ArgumentParser(description="Leave one line out: was the completer right, how sure was it?")
    parser.add_argument("--project", type=Path, action="append", required=True, help="a folder of Python files")
    parser.add_argument("--out", type=Path, required=True, help="where the pairs go, as JSON Lines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=170, help="positions of each kind in each project")
    arguments = parser.parse_args()
    projects = {project.resolve().name: project_texts(project.resolve()) for project in arguments.project}
    found = list(pairs(projects, seed=arguments.seed, n_each=arguments.each))
    arguments.out.write_text("".join(json.dumps(asdict(pair)) + "\n" for pair in found), encoding="utf-8")
    print(f"protocol=leave-one-line-out seed={arguments.seed} projects={len(projects)} n={len(found)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
