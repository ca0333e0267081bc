"""For any books and any breaks: exactly those are found, in whatever order the lines come."""

import random
from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.core.models import OutboxMessage
from apps.reconciliation.models import Discrepancy, Statement, StatementDay, StatementLine
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.tries import examples

from .reports import DAY, NOON, NOW, foreign_line, line_of, match, stage_and_match
from .test_passes import LIKENESSES, SETTLEMENTS, give_plan

NAMES = ["our_reference", "provider_reference", "merchant_reference", "number"]
BREAKS = ["none", "missing", "amount", "twice", "stranger"]
BY_LIKENESS = {"merchant_reference", "number"}


def written(payment, number, name, **changes):
    """A line that names its payment in one way only."""
    cells = {
        "our_reference": {"provider_reference": ""},
        "provider_reference": {"reference": ""},
        "merchant_reference": {
            "reference": "",
            "provider_reference": "",
            "merchant_reference": payment.merchant_reference,
        },
        "number": {"reference": "", "provider_reference": "", "number": number},
    }
    return line_of(payment, **cells[name], **changes)


def lines_and_kinds(payment, number, name, broken):
    """What the report says of a payment, and what has to be found."""
    line = written(payment, number, name)
    is_alike = name in BY_LIKENESS
    return {
        "none": ([line], []),
        "missing": ([], ["unknown_to_them"]),
        "amount": (
            [written(payment, number, name, amount=payment.amount + 5)],
            ["unknown_to_us", "unknown_to_them"] if is_alike else ["amount_differs"],
        ),
        # Which of two alike it is nobody can say.
        "twice": (
            [line, line],
            ["unknown_to_us", "unknown_to_us", "unknown_to_them"]
            if is_alike
            else ["duplicate_line"],
        ),
        "stranger": (
            [line, foreign_line(provider_reference=f"TX-{number}")],
            ["unknown_to_us"],
        ),
    }[broken]


def open_kinds():
    return Counter(Discrepancy.objects.filter(status="open").values_list("kind", flat=True))


def ends():
    """Of each line that counts, by what it says: how it ended."""
    return Counter(
        StatementLine.objects.filter(match__in=["matched", "exception"]).values_list(
            "raw", "match", "matched_by", "reason", "attempt_id"
        )
    )


def assert_books_are_clean():
    broken = [found for found in find_violations(now=NOW) if found.violations]
    # Nobody works on what is open.
    assert [found.invariant.name for found in broken if found.invariant.id != "I14"] == []


class AnyBooksAndBreaks(TestCase):
    @settings(max_examples=examples(8), deadline=None)
    @given(
        payments=st.lists(
            st.tuples(st.sampled_from(NAMES), st.sampled_from(BREAKS)), min_size=1, max_size=6
        ),
        seed=st.integers(0, 10_000),
    )
    def test_exactly_the_planted_breaks_are_found(self, payments, seed):
        account = ProviderAccountFactory()
        give_plan(account, *LIKENESSES, *SETTLEMENTS)
        lines, planted = [foreign_line()], Counter(["unknown_to_us"])
        for place, (name, broken) in enumerate(payments):
            number = f"2376770001{place:02}"
            payment = PaymentFactory(
                account=account, succeeded=True, created_at=NOON, payer_msisdn=number
            )
            said, kinds = lines_and_kinds(payment, number, name, broken)
            lines += said
            planted.update(kinds)
        order = random.Random(seed)
        order.shuffle(lines)

        statement, _summary = stage_and_match(account, *lines)

        assert open_kinds() == planted
        first = ends()
        assert_books_are_clean()
        match(statement, now=NOW)
        assert (open_kinds(), ends()) == (planted, first)
        order.shuffle(lines)
        stage_and_match(account, *lines, "", now=NOW + timedelta(minutes=1))
        assert open_kinds() == planted


class AnyLikeness(TestCase):
    @settings(max_examples=examples(8), deadline=None)
    @given(
        payments=st.lists(
            st.tuples(st.integers(0, 1), st.integers(-20, 20)), min_size=1, max_size=4
        ),
        reported=st.lists(
            st.tuples(st.integers(0, 1), st.integers(-20, 20), st.booleans()),
            min_size=1,
            max_size=5,
        ),
    )
    def test_no_two_lines_are_one_attempts_and_days_may_come_in_any_order(self, payments, reported):
        midnight = NOON + timedelta(hours=12)
        account = ProviderAccountFactory()
        give_plan(account, *LIKENESSES)
        numbers = ["237677000001", "237677000002"]
        made = [
            PaymentFactory(
                account=account,
                succeeded=True,
                created_at=midnight + timedelta(minutes=minutes),
                payer_msisdn=numbers[who],
            )
            for who, minutes in payments
        ]
        days = {DAY: [foreign_line()], DAY + timedelta(days=1): [foreign_line(amount=701)]}
        for place, (who, minutes, is_named) in enumerate(reported):
            at = midnight + timedelta(minutes=minutes, seconds=place)
            named = made[place % len(made)]
            lines = days[DAY if minutes < 0 else DAY + timedelta(days=1)]
            changes = {"occurred_at": at.isoformat()}
            lines.append(
                line_of(named, **changes)
                if is_named
                else written(named, numbers[who], "number", **changes)
            )
        found = []
        for order in (list(days), list(reversed(days))):
            for place, day in enumerate(order):
                # Which report is the newer says who imported it first; not what is alike.
                stage_and_match(account, *days[day], day=day, now=_morning(day, place))
            taken = Counter(
                StatementLine.objects.filter(match="matched", outcome="succeeded")
                .exclude(attempt_id=None)
                .values_list("attempt_id", flat=True)
            )
            assert not taken or max(taken.values()) == 1
            assert_books_are_clean()
            found.append(_alike())
            _forget()
        assert found[0] == found[1]


def _morning(day, place):
    return NOW + timedelta(days=2, minutes=place)


def _alike():
    """What was taken by likeness: the line's words and the attempt."""
    return Counter(
        StatementLine.objects.filter(matched_by__in=BY_LIKENESS).values_list("raw", "attempt_id")
    )


def _forget():
    Discrepancy.objects.all().delete()
    StatementLine.objects.all().delete()
    StatementDay.objects.all().delete()
    Statement.objects.all().delete()
    OutboxMessage.objects.all().delete()
