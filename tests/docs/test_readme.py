"""The README's tables and its function are those of the code, and so is what can be set."""

from __future__ import annotations

import inspect
import re

import pytest

from examples.python import webhook
from tests.docs.pages import READMES, ROOT, Block, blocks, read, rows, section, table


def test_the_first_thing_a_reader_sees_are_the_two_commands():
    first = blocks(read("README.md"))[0]

    assert first == Block("sh", "make demo ARGS=--exit\nmake test\n")


def test_the_function_shown_is_the_one_that_runs():
    (shown,) = [block.text for block in blocks(read("README.md")) if block.language == "python"]

    assert shown == inspect.getsource(webhook.is_genuine)


@pytest.mark.parametrize(
    "page", ["docs/guides/configuration.md", "docs/guides/configuration.fr.md"]
)
def test_every_variable_the_settings_read_is_explained(page):
    settings = "".join(path.read_text() for path in (ROOT / "config/settings").glob("*.py"))
    wanted = set(re.findall(r"env\.(?:required|optional|integer|flag)\(\s*\"(\w+)\"", settings))
    code = settings + "".join(
        path.read_text() for name in ("config", "local") for path in (ROOT / name).glob("*.py")
    )

    cells = table(read(page))
    explained = {name for cell in cells for name in cell.split(", ")}

    assert wanted - explained == set()
    assert {name for name in explained if name not in code} == set()


@pytest.mark.parametrize("page", READMES)
def test_every_target_of_make_is_listed(page):
    targets = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))

    listed = {cell.removeprefix("make").strip() for cell in table(section(read(page), "## Make"))}

    assert listed - {""} == targets - {"help"}


@pytest.mark.parametrize(
    ("page", "heading"), [("README.md", "## The house"), ("README.fr.md", "## La maison")]
)
def test_every_folder_has_its_line(page, heading):
    named = {
        name
        for cells in rows(section(read(page), heading))
        for name in re.findall(r"`([\w/]+)/`", cells[0])
    }
    apps = {f"apps/{path.parent.name}" for path in (ROOT / "apps").glob("*/apps.py")}

    assert apps - named == set()
    assert {name for name in named if not (ROOT / name).is_dir()} == set()
