"""`make metrics`: how the house is built, in numbers. Our code: no tests, no migrations."""

from __future__ import annotations

import ast
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.new_connector import CONNECTORS, ROOT, lay_out

OURS = ("apps", "config")
# What an empty place needs for the conformance suite to judge a connector laid out there.
PARTS = ("apps", "config", "local", "tests", "templates", "pyproject.toml", "manage.py")
NEW = "measured_rail"


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    lines: int
    is_annotated: bool


@dataclass(frozen=True, slots=True)
class ConnectorCost:
    """What one more connector changes, beside the files of its own folder."""

    folder_files: int
    changed_files: Sequence[Path]
    changed_lines: int


def our_files(root: Path = ROOT) -> list[Path]:
    return [
        path
        for part in OURS
        for path in sorted((root / part).rglob("*.py"))
        if not {"tests", "migrations"} & set(path.relative_to(root).parts)
    ]


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def functions_of(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(f"{path.relative_to(ROOT)}:{node.name}", lines, _is_annotated(node))


def copy_of_the_house(folder: Path, root: Path = ROOT) -> Path:
    """As much of a checkout as a connector's tests need; `folder` must not exist yet.

    With what is compiled: else whoever runs something in it would compile it all anew.
    """
    folder.mkdir()
    for part in PARTS:
        if (root / part).is_dir():
            shutil.copytree(root / part, folder / part)
        else:
            shutil.copy(root / part, folder / part)
    return folder


def connector_cost(house: Path, code: str = NEW) -> ConnectorCost:
    """Lay a new connector out in this copy of the house, and compare before and after."""
    before = _texts(house)
    lay_out(code, house)
    after = _texts(house)
    folder = CONNECTORS / code
    own = [path for path in after.keys() - before.keys() if path.is_relative_to(folder)]
    changed = sorted(
        path
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path) and path not in own
    )
    lines = sum(len(set(after.get(path, [])) ^ set(before.get(path, []))) for path in changed)
    return ConnectorCost(len(own), changed, lines)


def _is_annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = node.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    if named and named[0].arg in {"self", "cls"}:
        named = named[1:]
    named += [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    return node.returns is not None and all(argument.annotation for argument in named)


def _texts(house: Path) -> dict[Path, list[str]]:
    return {
        path.relative_to(house): path.read_text(errors="replace").splitlines()
        for path in house.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".ruff_cache" not in path.parts
    }


def _median_and_p90(numbers: Sequence[int]) -> str:
    p90 = statistics.quantiles(numbers, n=10)[-1]
    return f"median {statistics.median(numbers):.0f}, p90 {p90:.0f}"


def report() -> str:
    files = {path: lines_of(path) for path in our_files()}
    filled = {path: lines for path, lines in files.items() if lines}
    functions = [function for path in filled for function in functions_of(path)]
    longest = max(filled, key=lambda path: filled[path])
    longest_function = max(functions, key=lambda function: function.lines)
    annotated = sum(function.is_annotated for function in functions) / len(functions)
    with tempfile.TemporaryDirectory() as folder:
        cost = connector_cost(copy_of_the_house(Path(folder) / "house"))
    touched = ", ".join(str(path) for path in cost.changed_files)
    return "\n".join(
        [
            f"files                {len(filled)}, {sum(filled.values())} lines",
            f"lines a file         {_median_and_p90(list(filled.values()))}",
            f"longest file         {filled[longest]} {longest.relative_to(ROOT)}",
            f"functions            {len(functions)}",
            f"lines a function     {_median_and_p90([each.lines for each in functions])}",
            f"longest function     {longest_function.lines} {longest_function.name}",
            f"annotated functions  {annotated:.1%}",
            f"one more connector   its folder of {cost.folder_files} files, and"
            f" {cost.changed_lines} line in {len(cost.changed_files)} file ({touched})",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(f"{report()}\n")
