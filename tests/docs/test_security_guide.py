"""docs/guides/security.md: every promise names tests that exist, the same in both languages."""

import re

import pytest

from tests.docs.pages import read
from tests.docs.test_promises import is_collected

PAGES = ["docs/guides/security.md", "docs/guides/security.fr.md"]


def promises(page):
    """promise -> its tests."""
    lines = [line.split(" | ") for line in read(page).splitlines() if "::test_" in line]
    return {
        promise.removeprefix("| "): re.findall(r"`([^`]+::[^`]+)`", held) for promise, held in lines
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_test_of_the_guide_exists(page):
    tests = [test for held in promises(page).values() for test in held]

    assert len(tests) > 20
    assert [test for test in tests if not is_collected(test)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_is_held_by_a_test(page):
    said = [
        line for line in read(page).splitlines() if line.startswith("| ") and "Held" not in line
    ]

    assert len(said) - sum("Tenue" in line for line in said) == len(promises(page))


def test_both_languages_promise_the_same():
    english, french = (list(promises(page).values()) for page in PAGES)

    assert english == french
