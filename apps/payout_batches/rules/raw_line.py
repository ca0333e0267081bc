"""One line of a list of payees, as a file has it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict

from apps.core.tables.cells import Cell


class Problem(TypedDict):
    """What is wrong with one column of a line: `rules.sentences` makes words of it."""

    code: str
    column: str
    values: dict[str, Any]


class RawLine(NamedTuple):
    """One payee as a file has it: its cells by field, and where each stands there."""

    number: int
    cells: Mapping[str, Cell]
    where: Mapping[str, str] = MappingProxyType({})
    # What is wrong with the line whatever its cells say.
    problems: tuple[Problem, ...] = ()
