"""Each bug that breaks money can still be planted, and one is. `make planted` hunts them all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.planted_bugs.bug import ROOT, Bug, DoesNotApply
from tests.planted_bugs.every_bug import BUGS
from tests.planted_bugs.hunt import hunt

# No server is started for it.
SEEN_QUICKLY = "An answer in another currency is taken for ours"

EACH = pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])


@EACH
def test_a_bug_still_has_its_one_place_and_its_tests(bug):
    text = (ROOT / bug.path).read_text()

    assert text.count(bug.code) == 1
    assert bug.becomes != bug.code
    compile(text.replace(bug.code, bug.becomes), bug.path, "exec")
    assert bug.tests
    for test in bug.tests:
        path, _, name = test.partition("::")
        assert not name or f"def {name}(" in (ROOT / path).read_text()
        assert (ROOT / path).is_file()


def test_every_bug_has_a_name_of_its_own():
    assert [name for name, count in Counter(bug.name for bug in BUGS).items() if count > 1] == []


def test_a_bug_is_planted_in_the_copy_alone_and_where_it_stands_once(tmp_path):
    bug = Bug("all is ours", "fees.py", "fee = 1", "fee = 100", ())
    file = tmp_path / "fees.py"

    file.write_text("fee = 1\ntax = 2\n")
    bug.plant(tmp_path)
    assert file.read_text() == "fee = 100\ntax = 2\n"

    for text in ("", "fee = 1\nfee = 1\n"):
        file.write_text(text)
        with pytest.raises(DoesNotApply):
            bug.plant(tmp_path)
        assert file.read_text() == text


def test_a_planted_bug_is_seen_by_the_tests_that_are_named_for_it():
    bug = next(bug for bug in BUGS if bug.name == SEEN_QUICKLY)

    assert hunt(bug).is_caught
    assert not hunt(replace(bug, becomes=bug.code + "  # nothing is broken")).is_caught
