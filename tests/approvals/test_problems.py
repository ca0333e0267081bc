"""A rule that enforces nothing says so; one that nobody could obey is refused."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.approvals.models import ApprovalRule
from apps.approvals.selectors.rule_problems import rule_problems
from apps.approvals.services.save_rule import ApprovalRuleNeverMet, save_rule

pytestmark = pytest.mark.django_db


def said(*steps, **fields):
    return {
        "rule_id": "01890000-0000-7000-8000-000000000001",
        "name": "New",
        "action": "test.do",
        "amount_min": None,
        "amount_max": None,
        "currency": "",
        "rail": "",
        "how": "",
        "payee": "",
        "steps": [{"persons": persons, "group": group} for persons, group in steps],
        "is_enabled": True,
        **fields,
    }


def save(payload):
    who = {"requested_by": "user:1", "approved_by": "user:2", "reason": "Agreed"}
    save_rule(payload, **who, now=timezone.now())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"action": "nothing.do"}, "no such action"),
        ({"amount_min": 5}, "needs its currency"),
        ({"amount_min": 5, "amount_max": 4, "currency": "XAF"}, "No amount lies between"),
        ({"action": "payment.close_unresolved", "rail": "mtn"}, "never match"),
        ({"action": "refund.send", "payee": "new"}, "never match"),
        ({"action": "refund.create", "keys_may_decide": True}, "No key of a merchant"),
        ({"rail": "nobody"}, "no such operator"),
        ({"action": "payout.send", "sum_of": "payee", "sum_hours": 24}, "needs its hours"),
        (
            {"action": "payout.send", "sum_of": "payee", "amount_min": 5, "currency": "XAF"},
            "needs its hours",
        ),
        ({"sum_hours": 24}, "Hours are of a sum"),
        ({"action": "payout.send", "makers": ["user:1", "role:1"]}, "Only programs of merchants"),
        ({"makers": ["key:key_1"]}, "Only staff ask for this"),
        (
            {
                "action": "refund.send",
                "sum_of": "payee",
                "sum_hours": 24,
                "amount_min": 5,
                "currency": "XAF",
            },
            "never match",
        ),
        ({"steps": []}, "demands nobody"),
        ({"steps": [{"persons": 1, "group": 999_999}]}, "no longer"),
    ],
)
def test_what_can_never_be_met_is_refused(person, fields, words):
    person("binta")

    with pytest.raises(ApprovalRuleNeverMet, match=words):
        save({**said((1, None)), **fields})

    assert not ApprovalRule.objects.exists()


def test_a_role_with_fewer_people_than_demanded_is_refused(person, role):
    finance, directors = role("finance").pk, role("directors").pk
    person("binta", "finance", "directors")
    person("looks", "finance", codenames=["view_approvalrequest"])

    for steps in ([(2, finance)], [(1, finance), (1, directors)], [(1, finance), (1, None)]):
        with pytest.raises(ApprovalRuleNeverMet, match="fewer people"):
            save(said(*steps))
    save(said((1, finance)))

    assert ApprovalRule.objects.count() == 1


def texts(rule):
    return " ".join(str(problem.text) for problem in rule_problems(rule))


def test_what_enforces_nothing_says_so(person, rule, role):
    for name in ("binta", "chidi", "dede", "eve"):
        person(name, "finance")

    assert "no more than holds without it" in texts(rule((1, None)))
    assert "switched off" in texts(rule((2, None), is_enabled=False))
    wide = rule((2, "finance"), name="Wide", currency="XAF", amount_min=1_000)
    narrow = rule((1, "finance"), currency="XAF", amount_min=5_000, amount_max=6_000)
    other = rule((1, "finance"), currency="XOF", amount_min=5_000)
    more = rule((3, "finance"), currency="XAF", amount_min=5_000)
    assert "“Wide” demands the same or more" in texts(narrow)
    assert [texts(one) for one in (wide, other, more)] == ["", "", ""]


def test_a_rule_of_makers_says_what_it_enforces(person, rule, role):
    awa, binta = person("awa", "finance"), person("binta", "finance")
    person("chidi", "finance")
    named = [f"user:{awa.pk}"]

    wide = rule((2, None), name="Wide")
    assert "“Wide” demands the same" in texts(rule((2, None), makers=named))
    wide.delete()
    # She is none of those who decide what she asks: the others are left.
    assert texts(rule((2, "finance"), makers=named)) == ""
    narrow = rule((3, None), makers=[*named, f"role:{role('finance').pk}"])
    assert "nobody is left" in texts(narrow)
    other = rule((2, "finance"), makers=[f"user:{binta.pk}"])
    binta.is_active = False
    binta.save()
    assert "Nobody whom it names" in texts(other)


def test_a_rule_says_when_nobody_is_left_once_one_of_them_asks(person, rule):
    person("binta", "finance")
    person("chidi", "finance")

    assert "nobody is left" in texts(rule((2, "finance")))


def test_who_leaves_makes_a_rule_say_that_it_cannot_be_met(person, rule):
    binta = person("binta", "finance")
    person("chidi")
    made = rule((1, "finance"))
    assert not any(problem.is_fatal for problem in rule_problems(made))

    binta.is_active = False
    binta.save()

    assert [problem.is_fatal for problem in rule_problems(made)] == [True]


def test_a_rule_of_one_person_holds_where_nobody_of_the_staff_asks(person, rule):
    person("awa")

    assert not rule_problems(rule((1, None), action="payout.send"))
    assert rule_problems(rule((1, None)))


def test_one_that_keys_may_meet_demands_less_than_one_for_staff_alone(person, rule):
    for name in ("awa", "binta"):
        person(name)
    wide = rule((1, None), action="payout.send", name="Keys", keys_may_decide=True)
    strict = rule((1, None), action="payout.send", name="Staff", currency="XAF")

    assert rule_problems(strict) == []
    assert [problem.is_fatal for problem in rule_problems(wide)] == []
    type(wide).objects.filter(pk=wide.pk).update(keys_may_decide=False)
    assert "Keys" in str(rule_problems(strict)[0].text)
