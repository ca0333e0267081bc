"""How a line that no reference names finds its attempt, and that it never guesses."""

import json
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from apps.payments.models import Payment
from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.rules.passes import (
    MatchingPlanInvalid,
    PassTerms,
    PlanTerms,
    check_plan,
)
from apps.reconciliation.selectors.day_summary import day_summary
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.match_line import match_line
from apps.reconciliation.services.save_plan import save_plan
from tests.factories import PaymentFactory, ProviderAccountFactory, agree_cost

from .reports import DAY, NOON, NOW, foreign_line, line_of, match, stage, stage_and_match

pytestmark = pytest.mark.django_db

DOUALA = ZoneInfo("Africa/Douala")
PAYER = "237677000001"
REFERENCES = (PassTerms("our_reference"), PassTerms("provider_reference"))
LIKENESSES = (PassTerms("merchant_reference", 1), PassTerms("number", 15))
SETTLED = ("matched", "settlement")
SETTLEMENTS = (PassTerms("settlement"), PassTerms("settlement_parts"))


def give_plan(account, *steps, **terms):
    plan = PlanTerms((*REFERENCES, *steps), **terms)
    number = matching_plan(account.pk).number + 1
    return save_plan(account_id=account.pk, terms=check_plan(plan), number=number, now=NOW)


@pytest.fixture
def account():
    return ProviderAccountFactory()


def paid(account, **fields):
    return PaymentFactory(account=account, succeeded=True, **{"created_at": NOON, **fields})


def nameless(payment, at=NOON, **changes):
    """What a report without our reference and theirs says of a payment."""
    cells = {"reference": "", "provider_reference": "", "occurred_at": at.isoformat()}
    return line_of(payment, **(cells | changes))


def lines():
    return list(
        StatementLine.objects.order_by("statement__created_at", "line_number").values_list(
            "match", "matched_by", "reason", "our_value", "their_value"
        )
    )


def test_each_line_says_which_reference_matched_it(account):
    ours, theirs = paid(account), paid(account)

    stage_and_match(
        account,
        line_of(ours, provider_reference=""),
        line_of(theirs, reference=""),
    )

    assert [line[:3] for line in lines()] == [
        ("matched", "our_reference", ""),
        ("matched", "provider_reference", ""),
    ]


def test_each_line_that_does_not_agree_says_why_with_both_values(account):
    agree_cost(account, basis_points=Decimal(100))
    of = [paid(account) for _ in range(4)]
    open_one = PaymentFactory(account=account, submitted=True, created_at=NOON)

    stage_and_match(
        account,
        line_of(of[0], amount=4_000, fee=40),
        line_of(of[1], currency="XOF", fee=50),
        line_of(of[2], fee=60),
        line_of(open_one, fee=50),
        foreign_line(),
        foreign_line(reference="", provider_reference=""),
        line_of(of[3], fee=50),
        line_of(of[3], fee=50),
    )

    assert [line[2:] for line in lines()] == [
        ("amount_differs", "5000", "4000"),
        ("currency_differs", "XAF", "XOF"),
        ("fee_differs", "50", "60"),
        ("status_differs", "pending", "succeeded"),
        ("not_found", "", "TX-another"),
        ("no_reference", "", ""),
        ("", "", ""),
        ("duplicate_line", "", of[3].attempts.get().provider_reference),
    ]


@pytest.mark.parametrize(
    ("names", "at", "match", "by"),
    [
        ("merchant_reference", NOON, "matched", "merchant_reference"),
        # Past midnight in the provider's zone.
        ("merchant_reference", NOON + timedelta(hours=13), "matched", "merchant_reference"),
        # Past the next midnight too there, while it is still the day between in UTC.
        ("merchant_reference", NOON + timedelta(days=1, hours=12, minutes=30), "exception", ""),
        ("merchant_reference", NOON + timedelta(days=2), "exception", ""),
        ("number", NOON + timedelta(minutes=14), "matched", "number"),
        ("number", NOON + timedelta(minutes=16), "exception", ""),
    ],
)
def test_likeness_is_found_within_its_window(account, names, at, match, by):
    give_plan(account, *LIKENESSES)
    payment = paid(account, merchant_reference="order-7")
    written = {"merchant_reference": "order-7", "number": "6 77 00 00 01"}

    day = DAY + (at.astimezone(DOUALA).date() - DAY)
    stage_and_match(account, nameless(payment, at, **{names: written[names]}), day=day)

    assert lines()[0][:2] == (match, by)
    assert StatementLine.objects.get().attempt_id == (
        payment.attempts.get().pk if match == "matched" else None
    )


def test_passes_that_are_off_find_nothing(account):
    payment = paid(account)

    stage_and_match(
        account, nameless(payment, number=PAYER, merchant_reference=payment.merchant_reference)
    )

    assert lines()[0][:3] == ("exception", "", "no_reference")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 4_999},
        {"currency": "XOF"},
        {"amount": -5_000},
        {"kind": "disburse"},
        {"number": ""},
        {"number": "237677000002"},
    ],
)
def test_neither_the_amount_alone_nor_the_number_alone_is_enough(account, changes):
    give_plan(account, *LIKENESSES)

    other = foreign_line()
    stage_and_match(account, other, nameless(paid(account), **({"number": PAYER} | changes)))

    assert not StatementLine.objects.exclude(attempt_id=None).exists()


def test_two_candidates_are_left_to_a_person(account):
    give_plan(account, *LIKENESSES)
    first, _second = paid(account), paid(account)

    stage_and_match(account, nameless(first, number=PAYER))

    assert lines() == [("exception", "", "several_candidates", "2", "")]
    assert Discrepancy.objects.filter(kind="unknown_to_them").count() == 2


def test_two_lines_that_could_be_one_attempt_are_left_to_a_person_whenever_they_come(account):
    give_plan(account, *LIKENESSES)
    before_midnight = NOON + timedelta(hours=11, minutes=55)
    payment = paid(account, created_at=before_midnight)
    stage_and_match(
        account, nameless(payment, before_midnight + timedelta(minutes=2), number=PAYER)
    )
    assert lines()[0][:2] == ("matched", "number")

    stage_and_match(
        account,
        nameless(payment, before_midnight + timedelta(minutes=10), number=PAYER),
        day=DAY + timedelta(days=1),
    )

    assert [line[:3] for line in lines()] == [("exception", "", "several_candidates")] * 2


def test_who_names_an_attempt_takes_it_from_who_is_like_it(account):
    give_plan(account, *LIKENESSES)
    payment = paid(account)
    stage_and_match(account, nameless(payment, number=PAYER))

    stage_and_match(account, line_of(payment), day=DAY + timedelta(days=1))

    assert [line[:2] for line in lines()] == [
        ("exception", ""),
        ("matched", "our_reference"),
    ]


def test_numbers_are_kept_as_blind_indexes_alone(account):
    stage(account, nameless(paid(account), number="+237 6 77 00 00 01"))

    line = StatementLine.objects.get()
    assert len(bytes(line.number_index)) == 32
    assert "677000001" not in json.dumps(
        {field.name: str(getattr(line, field.name)) for field in line._meta.fields}
    )


def test_whole_francs_within_the_tolerance_agree(account):
    give_plan(account, tolerance=1)
    near, far = paid(account), paid(account)

    stage_and_match(account, line_of(near, amount=5_001), line_of(far, amount=5_002))

    assert [line[0:1] + line[2:] for line in lines()] == [
        ("matched", "within_tolerance", "5000", "5001"),
        ("exception", "amount_differs", "5000", "5002"),
    ]


def names_of_broken():
    return {found.invariant.name for found in find_violations(now=NOW) if found.violations}


def settlement_of(account, *totals, payments=((1_500, 15), (2_500, 25)), refund=1_000):
    """Lines of one settlement: these payments, a refund of another shop's customer, the totals."""
    cells = {"settlement_reference": "S-1"}
    rows = [line_of(paid(account, amount=gross), fee=fee, **cells) for gross, fee in payments]
    rows.append(foreign_line(amount=refund, kind="refund", provider_reference="R-1", **cells))
    rows += [
        foreign_line(reference="", provider_reference="", amount=amount, **cells)
        for amount in totals
    ]
    return rows


def test_a_settlement_is_equal_to_its_lines_and_each_franc_has_a_line(account):
    give_plan(account, *SETTLEMENTS)

    stage_and_match(account, *settlement_of(account, 2_960))

    assert [line[:3] for line in lines()] == [
        ("matched", "our_reference", ""),
        ("matched", "our_reference", ""),
        ("exception", "", "not_found"),
        ("matched", "settlement", ""),
    ]
    total = StatementLine.objects.get(matched_by="settlement")
    paid_by = StatementLine.objects.filter(settlement_line_id=total.pk).exclude(pk=total.pk)
    assert sorted(paid_by.values_list("amount", "fee")) == [(1_000, 0), (1_500, 15), (2_500, 25)]


def test_a_settlement_whose_line_changed_is_found(account):
    give_plan(account, *SETTLEMENTS)
    stage_and_match(account, *settlement_of(account, 2_960))
    total = StatementLine.objects.get(matched_by="settlement")
    assert "what a settlement pays is the sum of its lines" not in names_of_broken()

    StatementLine.objects.filter(settlement_line_id=total.pk, amount=2_500).update(fee=1)

    assert "what a settlement pays is the sum of its lines" in names_of_broken()


@pytest.mark.parametrize("is_off", [False, True])
def test_a_line_that_comes_up_again_later_keeps_its_settlement_whole(account, is_off):
    give_plan(account, *SETTLEMENTS)
    stage_and_match(account, *settlement_of(account, 2_960))
    payment = Payment.objects.get(amount=1_500)
    if is_off:
        give_plan(account)

    again = line_of(payment, provider_reference="TX-again", fee=15)
    stage_and_match(account, again, day=DAY + timedelta(days=1))

    is_settled = StatementLine.objects.filter(settlement_line_id__isnull=False).count()
    assert (is_settled, lines()[3][:2]) == ((0, ("exception", "")) if is_off else (4, SETTLED))
    assert names_of_broken() == set()


@pytest.mark.parametrize(
    ("totals", "reasons"),
    [
        ([2_961], [("settlement_differs", "2960", "2961")]),
        ([1_960, 1_000], [("", "", "")] * 2),
        ([1_960, 999], [("settlement_differs", "2960", "2959")] * 2),
        # One line of the three is paid later; 1,485 is the first alone.
        ([1_485], [("", "", "")]),
    ],
)
def test_totals_of_a_settlement_agree_as_a_whole_or_say_both_sums(account, totals, reasons):
    give_plan(account, *SETTLEMENTS)

    stage_and_match(account, *settlement_of(account, *totals))

    assert [line[2:] for line in lines()][3:] == reasons


def test_a_part_of_a_settlement_that_could_be_two_is_left_to_a_person(account):
    give_plan(account, *SETTLEMENTS)

    stage_and_match(
        account, *settlement_of(account, 1_000, payments=((1_000, 0), (1_000, 0)), refund=300)
    )

    assert lines()[3][2] == "settlement_differs"


def test_lines_of_a_settlement_may_come_after_its_total(account):
    give_plan(account, *SETTLEMENTS)
    *rows, total = settlement_of(account, 2_960)
    stage_and_match(account, total)
    assert lines()[0][2] == "no_reference"

    stage_and_match(account, *rows, day=DAY + timedelta(days=1))

    assert lines()[0][:2] == ("matched", "settlement")


def test_what_may_be_reported_later_is_expected_until_then(account):
    give_plan(account, report_delay_days=2)
    paid(account)
    stage_and_match(account, foreign_line())
    assert not Discrepancy.objects.filter(kind="unknown_to_them").exists()
    day = day_summary(provider_account_id=account.pk, day=DAY)
    assert (day.expected, day.missing, day.wrong) == (1, 0, 1)

    for days in (1, 2):
        day = DAY + timedelta(days=days)
        stage_and_match(account, foreign_line(provider_reference=f"TX-{days}"), day=day)

    assert Discrepancy.objects.filter(kind="unknown_to_them", status="open").count() == 1
    day = day_summary(provider_account_id=account.pk, day=DAY)
    assert (day.expected, day.missing, day.wrong) == (0, 1, 1)


@pytest.mark.parametrize(
    ("steps", "terms"),
    [
        ([PassTerms("number", 15)], {}),
        ([PassTerms("our_reference"), PassTerms("our_reference")], {}),
        ([PassTerms("our_reference"), PassTerms("number", 0)], {}),
        ([PassTerms("our_reference"), PassTerms("number", 1441)], {}),
        ([PassTerms("our_reference"), PassTerms("guess")], {}),
        ([PassTerms("number", 15), PassTerms("our_reference")], {}),
        ([PassTerms("our_reference")], {"tolerance": 6}),
        ([PassTerms("our_reference")], {"report_delay_days": 11}),
    ],
)
def test_what_cannot_be_a_plan_is_refused(steps, terms):
    with pytest.raises(MatchingPlanInvalid):
        check_plan(PlanTerms(tuple(steps), **terms))


def test_an_account_has_one_plan_of_a_number(account):
    plan = give_plan(account)

    with pytest.raises(IntegrityError), transaction.atomic():
        save_plan(account_id=account.pk, terms=PlanTerms(()), number=plan.number, now=NOW)


def test_matching_again_changes_nothing(account):
    give_plan(account, *LIKENESSES, *SETTLEMENTS)
    payment, doubtful, _twin = paid(account, payer_msisdn="237677000009"), paid(account), None
    paid(account)
    statement, _summary = stage_and_match(
        account,
        nameless(payment, number="237677000009"),
        nameless(doubtful, number=PAYER),
        *settlement_of(account, 2_960),
    )
    before = [lines(), list(Discrepancy.objects.order_by("id").values())]

    again = match(statement, now=NOW)

    assert [lines(), list(Discrepancy.objects.order_by("id").values())] == before
    assert (again.opened, again.repaired, again.asked) == (0, 0, 0)


def test_a_line_compared_again_by_itself_keeps_what_was_found(account):
    give_plan(account, *LIKENESSES, *SETTLEMENTS)
    alone = paid(account, payer_msisdn="237677000009")
    doubtful, _twin = paid(account), paid(account)
    statement, _summary = stage_and_match(
        account,
        nameless(alone, number="237677000009"),
        nameless(doubtful, number=PAYER),
        *settlement_of(account, 2_960),
    )
    before = lines()
    assert {line[1] for line in before} == {"number", "our_reference", "settlement", ""}

    for line in StatementLine.objects.order_by("id"):
        match_line(statement_id=statement.pk, line_id=line.pk, now=NOW)

    assert lines() == before
