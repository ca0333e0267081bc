"""docs/architecture.md is what pyproject.toml says."""

import re
import tomllib

from local.architecture import PAGE, layers, picture, with_picture
from tests.docs.pages import ROOT, read, rows, section


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_the_picture_is_drawn_from_the_import_rules():
    page = PAGE.read_text()

    assert page == with_picture(page, picture(layers()))


def test_every_room_has_its_line_and_the_highest_comes_first():
    listed = [
        name
        for cells in rows(section(read("docs/architecture.md"), "## The rooms"))
        for name in names(cells[0])
    ]

    assert listed == [room.name for rooms in layers() for room in rooms]


def test_every_app_is_a_room():
    apps = {path.parent.name for path in (ROOT / "apps").glob("*/apps.py")}

    assert apps == {room.name for rooms in layers() for room in rooms if not room.is_planned}


def test_the_names_inside_a_room_are_those_of_the_rules():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (inside,) = [rule for rule in rules["contracts"] if rule["name"].startswith("Inside an app: ")]

    explained = {
        name
        for cells in rows(section(read("docs/architecture.md"), "## Inside a room"))
        for name in names(cells[0])
    }

    assert explained == {
        name.strip(" ()") for layer in inside["layers"] for name in layer.split("|")
    }
