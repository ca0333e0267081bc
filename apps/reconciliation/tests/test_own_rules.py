"""Transfers between our own accounts that no reference names, by rules two people agreed on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connections

from apps.core.models import OutboxMessage
from apps.reconciliation.models import (
    ClosedMonth,
    Discrepancy,
    OwnTransferRule,
    Statement,
    StatementLine,
)
from apps.reconciliation.rules.passes import PassTerms, PlanTerms
from apps.reconciliation.rules.rule_terms import OwnTransferRuleInvalid, RuleTerms, rule_as_json
from apps.reconciliation.services.activate_approved_rule import activate_approved_rule
from apps.reconciliation.services.end_approved_rule import OwnTransferRuleEnded, end_approved_rule
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.lock_own_transfers import KEY
from apps.reconciliation.services.match_line import match_line
from apps.reconciliation.services.reopen_month import reopen_month
from apps.reconciliation.services.save_own_rule import save_own_rule
from apps.reconciliation.services.try_own_rule import try_own_rule
from apps.reconciliation.services.try_plan import try_plan
from tests.factories import MerchantFactory, ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, held, match, stage_and_match
from .test_counterparts import NAMES, OWN_TRANSFER, ends, work
from .test_passes import give_plan, lines, names_of_broken

pytestmark = pytest.mark.django_db

OWN_RULE = PassTerms("own_rule")
TOMORROW = DAY + timedelta(days=1)
FOUND = ("matched", "own_rule")
OPEN = ("exception", "")
TWO_PEOPLE = {"requested_by": "user:1", "approved_by": "user:2", "reason": "Their bank says so."}


@pytest.fixture
def wallet():
    wallet = ProviderAccountFactory()
    give_plan(wallet, OWN_TRANSFER, OWN_RULE)
    return wallet


@pytest.fixture
def bank():
    bank = ProviderAccountFactory()
    give_plan(bank, OWN_TRANSFER, OWN_RULE)
    return bank


@pytest.fixture
def owner():
    return User.objects.create_user("awa", is_staff=True)


def terms_of(wallet, bank, owner, **changes):
    terms = RuleTerms(
        name="Sweep to the bank",
        from_account_id=wallet.pk,
        to_account_id=bank.pk,
        from_text="SWEEP",
        to_text="",
        days=2,
        tolerance=0,
        starts_on=DAY - timedelta(days=5),
        owner_id=owner.pk,
    )
    return replace(terms, **changes)


def give_rule(*of, **changes):
    return save_own_rule(terms=terms_of(*of, **changes), now=NOW)


def out(number="W-1", amount=700, **changes):
    cells = {"reference": "", "provider_reference": f"sweep {number}", "amount": -amount}
    return foreign_line(**cells | changes)


def came(number="B-1", amount=700, **changes):
    return foreign_line(
        **{"reference": "", "provider_reference": number, "amount": amount} | changes
    )


@pytest.mark.parametrize("first", ["wallet", "bank"])
def test_a_rule_finds_a_transfer_whosever_report_comes_first(wallet, bank, owner, first):
    give_rule(wallet, bank, owner)
    reports = [(wallet, out(), DAY), (bank, came(), TOMORROW)]

    for where, line, day in reports if first == "wallet" else reversed(reports):
        stage_and_match(where, line, day=day)
    work()

    assert ends() == [FOUND] * 2
    assert set(Discrepancy.objects.values_list("status", flat=True)) == {"repaired"}
    assert not names_of_broken() & NAMES
    for line in StatementLine.objects.all():
        match_line(statement_id=line.statement_id, line_id=line.pk, now=NOW)
    assert ends() == [FOUND] * 2


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ({"from_text": "payout"}, {}),
        ({"to_text": "from the wallet"}, {}),
        ({}, {"amount": 701}),
        ({}, {"amount": -700}),
        ({}, {"currency": "XOF"}),
        ({}, {"kind": "refund"}),
        ({}, {"occurred_at": (NOON - timedelta(days=1)).isoformat()}),
        ({}, {"occurred_at": (NOON + timedelta(days=3)).isoformat()}),
        ({"starts_on": TOMORROW}, {}),
    ],
)
def test_a_rule_takes_nothing_but_what_it_says(wallet, bank, owner, rule, line):
    give_rule(wallet, bank, owner, **rule)

    stage_and_match(wallet, out())
    stage_and_match(bank, came(**line), foreign_line(amount=1), day=TOMORROW)
    work()

    assert {end[1] for end in ends()} == {""}


def test_nobody_waits_while_the_transfers_of_other_accounts_are_matched(wallet, bank, owner):
    without = ProviderAccountFactory()
    _statement, summary = stage_and_match(without, foreign_line())
    terms = PlanTerms(passes=(PassTerms("our_reference"), OWN_TRANSFER))

    # Whoever could wait would for ten minutes.
    with held(KEY):
        with pytest.raises(MatchingUnderWay):
            try_own_rule(terms=terms_of(wallet, bank, owner), now=NOW)
        with pytest.raises(MatchingUnderWay):
            try_plan(account=without, terms=terms, now=NOW)
        statement, waits = stage_and_match(bank, came(), day=TOMORROW)
        _statement, again = stage_and_match(without, foreign_line(), day=TOMORROW)

    assert (statement.status, waits) == (Statement.Status.STAGED, None)
    assert summary is not None
    assert again is not None
    work()
    assert statement.lines.get().match == StatementLine.Match.EXCEPTION


def test_a_difference_that_is_allowed_is_said(wallet, bank, owner):
    give_rule(wallet, bank, owner, tolerance=2)

    stage_and_match(wallet, out())
    stage_and_match(bank, came(amount=702), day=TOMORROW)
    work()

    assert lines()[0] == (*FOUND, "within_tolerance", "702", "700")
    assert not names_of_broken() & NAMES
    line = StatementLine.objects.earliest("statement__created_at")
    match_line(statement_id=line.statement_id, line_id=line.pk, now=NOW)
    assert lines()[0] == (*FOUND, "within_tolerance", "702", "700")


def test_a_reference_that_both_have_comes_before_the_rule(wallet, bank, owner):
    give_rule(wallet, bank, owner)
    named = came("B-2", reference="sweep W-1")

    stage_and_match(wallet, out())
    stage_and_match(bank, came(), day=TOMORROW)
    work()
    assert ends() == [FOUND] * 2
    stage_and_match(bank, named, day=TOMORROW + timedelta(days=1))
    work()

    assert ends() == [("matched", "own_transfer"), OPEN, ("matched", "own_transfer")]


def test_a_rule_that_came_first_gives_way_before_the_other_side_has_followed(wallet, bank, owner):
    give_rule(wallet, bank, owner)
    third = ProviderAccountFactory()
    give_plan(third, OWN_TRANSFER)
    stage_and_match(bank, came(reference="S-1"))
    stage_and_match(wallet, out())
    assert ends() == [OPEN, FOUND]

    # The bank's report has not followed yet.
    stage_and_match(third, out("T-1", reference="S-1"), day=TOMORROW)
    work()

    assert ends() == [("matched", "own_transfer"), OPEN, ("matched", "own_transfer")]


def test_what_could_be_two_is_left_to_a_person_and_to_the_rules_owner(wallet, bank, owner):
    give_rule(wallet, bank, owner)
    stage_and_match(wallet, out())
    stage_and_match(bank, came(), day=TOMORROW)
    work()

    stage_and_match(bank, came("B-2"), day=TOMORROW + timedelta(days=1))
    work()

    assert ends() == [OPEN] * 3
    mine = Discrepancy.objects.get(status="open", provider_account=wallet)
    assert (mine.owner, mine.expected_until) == (owner, None)


def test_what_has_no_other_side_is_its_owners_and_waits_for_the_days_of_the_rule(
    wallet, bank, owner
):
    give_rule(wallet, bank, owner)

    statement, _summary = stage_and_match(wallet, out(), foreign_line())

    assert [line[2:4] for line in lines()] == [
        ("no_other_side", "Sweep to the bank"),
        ("not_found", ""),
    ]
    mine, others = Discrepancy.objects.order_by("line__line_number")
    assert (mine.kind, mine.owner) == ("unknown_to_us", owner)
    # It left on the 10th, may come until the 12th, and the report of that day comes on the 13th.
    assert mine.expected_until == DAY + timedelta(days=4)
    assert (others.owner, others.expected_until) == (None, None)
    match(statement, now=NOW + timedelta(days=4))
    mine.refresh_from_db()
    assert (mine.owner, mine.expected_until) == (owner, None)


def test_a_line_is_not_awaited_for_its_amount_alone_nor_by_who_has_left(wallet, bank, owner):
    give_rule(wallet, bank, owner)
    User.objects.update(is_active=False)

    stage_and_match(bank, came())
    stage_and_match(wallet, out("W-2", amount=900), day=TOMORROW)

    assert [line[2] for line in lines()] == ["not_found", "no_other_side"]
    assert {row.owner for row in Discrepancy.objects.all()} == {None}


def test_who_took_a_line_over_keeps_it(wallet, bank, owner):
    give_rule(wallet, bank, owner)
    statement, _summary = stage_and_match(wallet, out())
    other = User.objects.create_user("binta", is_staff=True)
    Discrepancy.objects.update(owner=other, expected_until=None, sequence=1)

    match(statement, now=NOW)

    assert Discrepancy.objects.get().owner == other


def test_a_transfer_whose_other_report_is_withdrawn_is_open_again(wallet, bank, owner):
    give_rule(wallet, bank, owner)
    stage_and_match(wallet, out())
    other, _summary = stage_and_match(bank, came(), day=TOMORROW)
    work()

    type(other).objects.filter(pk=other.pk).update(status="withdrawn")
    match(other, now=NOW)
    work()

    assert ends()[0] == OPEN
    assert Discrepancy.objects.get(status="open", provider_account=wallet).owner == owner


def test_two_people_let_a_rule_hold_and_end_it(wallet, bank, owner):
    stage_and_match(wallet, out())
    stage_and_match(bank, came(), day=TOMORROW)
    payload = rule_as_json(terms_of(wallet, bank, owner))

    rule = activate_approved_rule(payload, **TWO_PEOPLE, now=NOW)
    work()
    assert ends() == [FOUND] * 2
    end_approved_rule({"rule_id": str(rule.pk)}, **TWO_PEOPLE, now=NOW)
    stage_and_match(wallet, out("W-2", amount=900), day=TOMORROW)
    stage_and_match(bank, came("B-2", amount=900), day=TOMORROW + timedelta(days=1))
    work()

    # What it found stays found; what left later is nobody's.
    assert sorted(ends()) == [OPEN, OPEN, FOUND, FOUND]
    with pytest.raises(OwnTransferRuleEnded):
        end_approved_rule({"rule_id": str(rule.pk)}, **TWO_PEOPLE, now=NOW)


def test_a_rule_is_tried_on_all_that_is_open_and_nothing_of_it_is_kept(wallet, bank, owner):
    stage_and_match(wallet, out(), out("W-2", amount=900))
    stage_and_match(bank, came(), day=TOMORROW)
    before = lines()

    tried = try_own_rule(terms=terms_of(wallet, bank, owner), now=NOW)

    assert (tried.count, tried.alone, tried.several) == (1, 1, 0)
    ((left, right),) = tried.pairs
    assert (left.amount, right.amount) == (-700, 700)
    assert lines() == before
    assert not OwnTransferRule.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"from_text": ""},
        {"from_text": "ab"},
        {"from_text": "   "},
        {"days": 11},
        {"tolerance": 6},
        {"starts_on": DAY - timedelta(days=61)},
        {"owner_id": 0},
    ],
)
def test_what_cannot_be_a_rule_is_refused(wallet, bank, owner, changes):
    with pytest.raises(OwnTransferRuleInvalid):
        give_rule(wallet, bank, owner, **changes)


def test_a_rule_needs_two_accounts_of_one_owner_whose_plans_have_it(wallet, bank, owner):
    merchants = ProviderAccountFactory(merchant_id=MerchantFactory().pk)
    give_plan(merchants, OWN_RULE)
    for leaves, comes in [
        (wallet, wallet),
        (wallet, merchants),
        (wallet, ProviderAccountFactory()),
    ]:
        with pytest.raises(OwnTransferRuleInvalid):
            give_rule(leaves, comes, owner)
    give_rule(wallet, bank, owner)
    with pytest.raises(OwnTransferRuleInvalid):
        give_rule(wallet, bank, owner)


@pytest.mark.django_db(transaction=True)
def test_of_two_rules_of_one_name_at_once_one_holds_and_the_other_is_refused(wallet, bank, owner):
    payload = rule_as_json(terms_of(wallet, bank, owner))
    start = Barrier(4)

    def give(_number):
        try:
            start.wait()
            activate_approved_rule(payload, **TWO_PEOPLE, now=NOW)
        except OwnTransferRuleInvalid:
            return "refused"
        finally:
            connections.close_all()
        return "holds"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(give, range(4))) == ["holds"] + ["refused"] * 3

    assert OwnTransferRule.objects.count() == 1


def close(account, *, now):
    return ClosedMonth.objects.create(
        provider_account=account,
        month=DAY.replace(day=1),
        statements=1,
        open_count=0,
        digest=b"d",
        reason="",
        closed_at=now,
        requested_by="user:1",
        approved_by="user:2",
    )


@pytest.mark.parametrize("step", [OWN_TRANSFER, OWN_RULE])
def test_another_accounts_later_report_changes_no_line_of_a_closed_month(wallet, bank, owner, step):
    """Of the wallet, March is closed with an open line and one that was found."""
    if step is OWN_RULE:
        give_rule(wallet, bank, owner)
        its_out, its_came = out, came
    else:
        its_out = lambda number, **cells: out(number, reference=number, **cells)  # noqa: E731
        its_came = lambda number, **cells: came(  # noqa: E731
            number, reference=number.replace("B", "W"), **cells
        )
    stage_and_match(wallet, its_out("W-1"), its_out("W-2", amount=900))
    stage_and_match(bank, its_came("B-1"), day=TOMORROW)
    work()
    closed = close(wallet, now=NOW + timedelta(days=3))
    its_lines = StatementLine.objects.filter(statement__provider_account=wallet)
    before = list(its_lines.order_by("pk").values())
    found = ("matched", step.code)
    assert ends()[:2] == [found, OPEN]

    # Late: the other side of what is open, a twin of what was found, and what was found amended.
    later = TOMORROW + timedelta(days=1)
    third = ProviderAccountFactory()
    give_plan(third, OWN_TRANSFER, OWN_RULE)
    if step is OWN_RULE:
        give_rule(third, bank, owner, name="Another")
    other, _summary = stage_and_match(third, its_out("W-1", fee=7), day=later)
    work()
    assert ends()[-1] == OPEN
    type(other).objects.filter(pk=other.pk).update(status="withdrawn")
    match(other, now=NOW)
    stage_and_match(bank, its_came("B-2", amount=900), its_came("B-1", fee=1), day=later)
    work()

    assert before == list(its_lines.order_by("pk").values())
    # What came beside it is open: somebody sees to it.
    assert [end[0] for end in (ends()[2], *ends()[4:])] == ["superseded", "exception", "exception"]
    assert not names_of_broken() & NAMES
    reopen_month({"closed_month_id": str(closed.pk)}, **TWO_PEOPLE, now=NOW)
    work()
    assert ends()[:2] == [found] * 2
