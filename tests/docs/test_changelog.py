"""CHANGELOG.md is ordered by version, and tools can read it."""

import re
import tomllib
from itertools import pairwise

from tests.docs.pages import read

PAGE = read("CHANGELOG.md")
VERSIONS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
RELEASED = re.compile(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_what_is_not_released_comes_first_and_then_every_version_with_its_day():
    unreleased, *released = VERSIONS

    assert unreleased == "[Unreleased]"
    assert [version for version in released if not RELEASED.fullmatch(version)] == []


def test_the_newest_version_comes_first_and_is_that_of_the_project():
    numbers = [tuple(map(int, RELEASED.fullmatch(version).groups())) for version in VERSIONS[1:]]

    assert all(newer > older for newer, older in pairwise(numbers))
    project = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert not numbers or numbers[0] == tuple(map(int, project.split(".")))


def test_each_version_has_its_changes_by_kind_in_one_order():
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", part, re.MULTILINE)

        assert kinds == [kind for kind in KINDS if kind in kinds]


def test_every_change_is_a_point_of_a_list():
    below = PAGE.partition("## [Unreleased]")[2].splitlines()

    assert [line for line in below if line and not line.startswith(("- ", "  ", "#"))] == []
