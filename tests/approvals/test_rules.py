"""Rules say how many of whom decide; without any it is one other person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.matches import matches
from apps.approvals.rules.steps import can_be_met, merge_steps
from tests.approvals.conftest import facts

pytestmark = pytest.mark.django_db


def test_without_a_rule_one_other_person_decides(person, ask):
    assert ask(person("awa"), amount=10**9, currency="XAF").steps == [None]


@pytest.mark.parametrize(
    ("conditions", "payload", "is_matched"),
    [
        ({}, {}, True),
        ({"currency": "XAF", "amount_min": 1_000}, {"amount": 1_000, "currency": "XAF"}, True),
        ({"currency": "XAF", "amount_min": 1_000}, {"amount": 999, "currency": "XAF"}, False),
        ({"currency": "XAF", "amount_max": 1_000}, {"amount": 1_000, "currency": "XAF"}, True),
        ({"currency": "XAF", "amount_max": 1_000}, {"amount": 1_001, "currency": "XAF"}, False),
        ({"currency": "XAF", "amount_min": 1_000}, {"amount": 5_000, "currency": "XOF"}, False),
        ({"currency": "XAF", "amount_min": 1_000}, {}, False),
        ({"rail": "mtn"}, {"rails": ["orange", "mtn"]}, True),
        ({"rail": "mtn"}, {"rails": ["orange"]}, False),
        ({"how": "api"}, {"how": "api"}, True),
        ({"how": "api"}, {"how": "file"}, False),
        ({"payee": "new"}, {"payee": "new"}, True),
        ({"payee": "new"}, {"payee": ""}, False),
        ({"rail": "mtn", "how": "api"}, {"rails": ["mtn"], "how": "file"}, False),
        ({"makers": ["user:1", "role:2"]}, {"makers": ["user:7", "role:2"]}, True),
        ({"makers": ["user:1"]}, {"makers": ["user:10", "role:1"]}, False),
        ({"makers": ["user:1"]}, {}, False),
    ],
)
def test_a_rule_matches_when_all_its_conditions_hold(conditions, payload, is_matched):
    assert matches(ApprovalRule(**conditions), facts(payload)) is is_matched


def test_whichever_rule_matches_demands(person, rule, role, ask):
    rule((2, "finance"), currency="XAF", amount_min=1_000)
    rule((1, "finance"), (1, "directors"), how="api", name="By API")
    rule((1, "support"), is_enabled=False, name="Off")
    finance, directors = role("finance").pk, role("directors").pk
    awa = person("awa")

    def steps(**payload):
        request = ask(awa, str(payload), **payload)
        return request.steps

    assert steps(amount=5, currency="XAF") == [None]
    assert steps(amount=1_000, currency="XAF") == [finance, finance]
    assert steps(how="api") == [finance, directors]
    both = steps(amount=1_000, currency="XAF", how="api")
    assert sorted(both) == sorted([finance, finance, directors]) and both[0] == finance


def test_a_rule_that_changes_leaves_what_was_asked_as_it_was(person, rule, role, ask, decide):
    request = ask(person("awa"))
    rule((2, "finance"))

    assert decide(request, person("binta")).status == "approved"


def test_a_rule_of_makers_counts_who_asks_and_her_roles(person, rule, role, ask):
    awa, binta = person("awa", "support"), person("binta")
    rule((2, "finance"), makers=[f"role:{role('support').pk}"])
    rule((3, "finance"), makers=[f"user:{binta.pk}"])
    finance = role("finance").pk

    assert ask(awa, "one").steps == [finance] * 2
    assert ask(binta, "two").steps == [finance] * 3
    assert ask(person("chidi"), "three").steps == [None]


STEPS = st.lists(st.sampled_from([None, 1, 2, 3]), max_size=5).map(tuple)


def is_within(steps, merged):
    """Whether the merged steps hold these, in order."""
    rest = iter(merged)
    return all(any(step is None or step == one for one in rest) for step in steps)


@given(STEPS, STEPS)
def test_what_two_rules_demand_holds_each_in_its_order_and_no_more_than_both(one, other):
    merged = merge_steps(one, other)

    assert is_within(one, merged) and is_within(other, merged)
    assert max(len(one), len(other)) <= len(merged) <= len(one) + len(other)


def test_each_step_needs_a_person_of_its_own():
    assert can_be_met([{1, 2}, {1}])
    assert not can_be_met([{1}, {1}])
    assert can_be_met([{1, 2}, {1, 3}, {1}])
    assert not can_be_met([{1, 2}, {1, 2}, {1, 2}])
    assert not can_be_met([set()])
