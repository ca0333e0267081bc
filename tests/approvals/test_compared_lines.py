"""What is asked for stands beside what it replaces, and only what differs is marked."""

import re

from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from apps.approvals.rules.compared_lines import compared_lines

MARKED = re.compile(r"<strong>(?:new|until now):</strong> <(ins|del)>(.*)</\1>")
lines = st.lists(st.sampled_from(["fee: 1 %", "fee: 2 %", "tax", "none"]), max_size=6)


def test_a_line_that_goes_and_one_that_comes_are_marked():
    with override("en"):
        told = compared_lines(["1. fee: 1 %", "2. tax"], ["1. tax", "2. <b>fee"])

    assert told == [
        "<strong>until now:</strong> <del>1. fee: 1 %</del>",
        "1. tax",
        "<strong>new:</strong> <ins>2. &lt;b&gt;fee</ins>",
    ]


def test_without_one_before_nothing_is_marked():
    assert compared_lines([], ["fee"]) == ["fee"]


@given(before=lines.filter(bool), after=lines)
def test_whatever_changed_both_can_be_read_from_what_is_shown(before, after):
    with override("en"):
        told = [(MARKED.fullmatch(line), line) for line in compared_lines(before, after)]

    read = [(found[1], found[2]) if found else ("", line) for found, line in told]
    assert [line for mark, line in read if mark != "ins"] == before
    assert [line for mark, line in read if mark != "del"] == after
