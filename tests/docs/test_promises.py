"""docs/promises.md: every row is there, and every test that it names."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.pages import ROOT, read, rows

ROWS = [
    *(f"T{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),
    *(
        f"R{number}"
        for number in (
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            16,
            17,
            18,
            19,
            20,
            21,
            22,
            23,
            24,
            25,
            26,
        )
    ),
    *(f"S{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)),
    *(f"F{number}" for number in range(17)),
    *(f"Q{number}" for number in (1, 2, 3, 4, 5, 6)),
    *(f"C{number}" for number in (1,)),
    *(f"H{number}" for number in (1, 2, 3, 4)),
    *(f"P{number}" for number in (1, 2, 3, 4, 5, 6, 7)),
    *(f"B{number}" for number in (1, 2, 3, 4, 5, 6, 7)),
    *(f"BI{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
    *(f"G{number}" for number in (1, 2, 3, 4, 5, 6, 7)),
    *(f"D{number}" for number in (1, 2, 3, 4, 5, 6, 7)),
    *(f"E{number}" for number in (1, 2, 3, 4)),
    *(f"K{number}" for number in (1, 2, 3, 4, 5, 6, 7)),
    *(f"L{number}" for number in (1, 2, 3, 4, 5, 6)),
    *(f"RP{number}" for number in (1, 2, 3, 4)),
    *(f"M{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8)),
    *(f"A{number}" for number in range(1, 14)),
    *(f"FE{number}" for number in range(1, 10)),
    *(f"ST{number}" for number in range(1, 9)),
    *(f"SF{number}" for number in range(1, 6)),
    *(f"PE{number}" for number in (1, 2, 3)),
    *(f"RV{number}" for number in (1, 2, 3, 4)),
    *(f"MP{number}" for number in range(1, 10)),
    *(f"CO{number}" for number in (1, 2, 3, 4)),
    *(f"GS{number}" for number in range(1, 11)),
    *(f"WV{number}" for number in (1, 2, 3, 4)),
    *(f"RD{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9)),
    "DR1",
    "CM1",
    "JO1",
    "FL1",
    "MD1",
    "MD2",
    "ON1",
    "ON2",
    "ON3",
    "ON4",
    "DV1",
    "CK1",
    "BK1",
    "BK2",
    "BK3",
]
PROMISES = {row: cells for row, *cells in rows(read("docs/promises.md"))}


def named_tests(row: str) -> list[str]:
    return re.findall(r"`([^`]+)`", PROMISES[row][1])


def test_every_row_is_there_once():
    assert sorted(PROMISES) == sorted(ROWS)
    assert read("docs/promises.md").count("\n| ") == len(ROWS) + 1


@pytest.mark.parametrize("row", ROWS)
def test_every_promise_has_its_tests_and_they_exist(row):
    promise, _ = PROMISES[row]

    assert promise.endswith(".")
    assert named_tests(row) != []
    assert [name for name in named_tests(row) if not is_collected(name)] == []


def is_collected(name: str) -> bool:
    path, *classes, function = name.split("::")
    file = ROOT / path
    if not (re.fullmatch(r"(tests|apps)/(\w+/)*test_\w+\.py", path) and file.exists()):
        return False
    body = ast.parse(file.read_text()).body
    for wanted in classes:
        body = next(
            (node.body for node in body if isinstance(node, ast.ClassDef) and node.name == wanted),
            [],
        )
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    return function.startswith("test_") and function in defined
