"""Each recipe of CONTRIBUTING.md names what is there, and the first one is followed to its end."""

import ast
import re
from pathlib import Path

import pytest

from local.new_connector import CODE
from tests.docs.pages import ROOT, read, section

PAGE = "CONTRIBUTING.md"
RECIPES = re.findall(r"^## (An? .+)$", read(PAGE), re.MULTILINE)
NAMED = sorted(set(re.findall(r"`([\w./]+\.\w+)(?:::(\w+))?`", read(PAGE))))
# Of the folder that the recipe makes, or of any app.
RELATIVE = {
    "README.md", "mapping.py", "connector.py", "statement.py", "simulator.py", "utils.py",
    "api/urls.py", "rules/event_types.py", "invariants.py", "retention.py",
    "encrypted_columns.py", "event.announce",
}  # fmt: skip


def names_in(path: Path) -> set[str]:
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def test_there_is_a_recipe_for_what_is_added_most():
    assert RECIPES == [
        "A connector",
        "An operation",
        "A way of getting statements",
        "A file of a day report",
        "An endpoint",
        "A field of a resource",
        "An event",
        "A topic",
        "A decision of two people",
        "A version that two people agree on",
        "An act on a discrepancy",
        "A correction of the books",
        "A table",
        "A pass of the matching",
        "A format of statements",
        "A list of the admin",
        "An app",
    ]


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_names_where_its_steps_are_taken(recipe):
    steps = section(read(PAGE), f"## {recipe}")

    assert re.findall(r"`[\w./]+::\w+`", steps)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=map("::".join, NAMED))
def test_what_is_named_is_there(path, name):
    if not name and path in RELATIVE:
        return
    assert (ROOT / path).exists()
    if name:
        assert name in names_in(ROOT / path)


def test_the_targets_of_make_exist():
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))

    used = {
        word
        for command in re.findall(r"`make ([^`]+)`", read(PAGE))
        for word in command.split()
        if re.fullmatch("[a-z]+", word)
    }

    assert used <= targets


def test_the_connector_it_makes_has_a_name_that_can_be_one():
    """tests/architecture/test_new_connector.py follows the recipe to its end."""
    names = set(re.findall(r"NAME=(\w+)", read(PAGE)))

    assert len(names) == 1
    assert all(CODE.fullmatch(name) for name in names)
