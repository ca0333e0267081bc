"""Why did success fall? Planted falls are named, and shifts are told apart from falls."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest

from apps.reporting.rules.explain_fall import Kind, Part, explain_fall

VALUES = {
    "provider": ["mtn_momo", "orange_webpay", "wave"],
    "country": ["CM", "SN", "CI"],
    "operator": ["mtn", "orange", "moov"],
    "merchant": ["a", "b", "c", "d"],
}
PLANTED = [(dimension, value) for dimension, values in VALUES.items() for value in values]
EVEN = 100


def divided(rate_of, count_of=lambda combination: EVEN):
    """The parts of every dimension, of every combination of values once."""
    parts = {name: defaultdict(lambda: [0, 0]) for name in VALUES}
    for values in product(*VALUES.values()):
        combination = dict(zip(VALUES, values, strict=True))
        count = count_of(combination)
        for name, value in combination.items():
            parts[name][value][0] += round(count * rate_of(combination))
            parts[name][value][1] += count
    return {name: {value: Part(*sums) for value, sums in of.items()} for name, of in parts.items()}


def usual(_combination):
    return 0.9


@pytest.mark.parametrize(("dimension", "value"), PLANTED)
@pytest.mark.parametrize("to", [0.2, 0.7])
def test_each_fall_of_one_value_is_named(dimension, value, to):
    after = divided(lambda one: to if one[dimension] == value else 0.9)

    found = explain_fall(divided(usual), after)

    assert (found.kind, found.dimension, found.value) == (Kind.RATE, dimension, value)
    assert found.rate_before == pytest.approx(0.9)
    assert found.rate_after == pytest.approx(to)
    assert found.explained == pytest.approx(1.0)


@pytest.mark.parametrize(("dimension", "value"), PLANTED)
def test_a_shift_to_what_always_succeeded_less_is_no_fall_of_its_rate(dimension, value):
    def rates(one):
        return 0.5 if one[dimension] == value else 0.9

    after = divided(rates, lambda one: 4 * EVEN if one[dimension] == value else EVEN)

    found = explain_fall(divided(rates), after)

    assert (found.kind, found.dimension, found.value) == (Kind.MIX, dimension, value)
    assert found.weight_after > found.weight_before
    assert found.explained == pytest.approx(1.0, abs=0.6)


def test_a_value_that_is_new_and_fails_is_a_shift():
    before = divided(usual, lambda one: 0 if one["operator"] == "moov" else EVEN)
    after = divided(lambda one: 0.3 if one["operator"] == "moov" else 0.9)

    found = explain_fall(before, after)

    assert (found.kind, found.dimension, found.value) == (Kind.MIX, "operator", "moov")


def test_a_fall_of_all_alike_is_nobodys():
    assert explain_fall(divided(usual), divided(lambda one: 0.6)).kind is Kind.EVERYWHERE


def test_of_two_words_for_the_same_the_first_is_named():
    def parts(rate):
        same = {"x": Part(round(1000 * rate), 1000), "y": Part(900, 1000)}
        return {"provider": same, "operator": same}

    found = explain_fall(parts(0.9), parts(0.3))

    assert (found.dimension, found.value) == ("provider", "x")


def test_neither_a_rise_nor_chance_nor_a_handful_is_a_fall():
    assert explain_fall(divided(usual), divided(lambda one: 0.95)).kind is Kind.NO_FALL
    nearly = {"provider": {"x": Part(895, 1000)}}
    assert explain_fall({"provider": {"x": Part(900, 1000)}}, nearly).kind is Kind.NO_FALL
    few = {"provider": {"x": Part(1, 40)}}
    assert explain_fall({"provider": {"x": Part(40, 40)}}, few).kind is Kind.TOO_FEW
    assert explain_fall({}, {}).kind is Kind.TOO_FEW


def test_the_effects_sum_up_to_the_change():
    """A fall in one value beside a rise in another: it explains more than all of it."""
    after = divided(lambda one: {"mtn": 0.5, "orange": 1.0, "moov": 0.9}[one["operator"]])

    found = explain_fall(divided(usual), after)

    assert (found.dimension, found.value) == ("operator", "mtn")
    assert found.explained == pytest.approx(0.4 / 0.3, abs=0.01)
