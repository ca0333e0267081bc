"""For any books and any breaks: exactly those are found, in whatever order the lines come."""

import random
from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.selectors.find_violations import find_violations
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.tries import examples

from .reports import DAY, NOON, NOW, foreign_line, line_of, match, stage_and_match
from .test_passes import LIKENESSES, SETTLEMENTS, give_plan

NAMES = ["our_reference", "provider_reference", "merchant_reference", "number"]
BREAKS = ["none", "missing", "amount", "twice", "stranger"]
NUMBERS = ["237677000001", "237677000002"]
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
    @settings(max_examples=examples(2))
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
    @settings(max_examples=examples(2))
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
        first, second = (
            self.alike_after(payments, reported, is_reversed) for is_reversed in (False, True)
        )

        assert first == second
        taken = Counter(
            StatementLine.objects.filter(match="matched", outcome="succeeded")
            .exclude(attempt_id=None)
            .values_list("attempt_id", flat=True)
        )
        assert not taken or max(taken.values()) == 1
        assert_books_are_clean()

    def alike_after(self, payments, reported, is_reversed):
        """What was taken by likeness in an account of its own: the line's place and whose it is."""
        midnight = NOON + timedelta(hours=12)
        account = ProviderAccountFactory()
        give_plan(account, *LIKENESSES)
        made = [
            PaymentFactory(
                account=account,
                succeeded=True,
                created_at=midnight + timedelta(minutes=minutes),
                payer_msisdn=NUMBERS[who],
            )
            for who, minutes in payments
        ]
        days = {DAY: [foreign_line()], DAY + timedelta(days=1): [foreign_line(amount=701)]}
        for place, (who, minutes, is_named) in enumerate(reported):
            at = midnight + timedelta(minutes=minutes, seconds=place)
            named = made[place % len(made)]
            changes = {"occurred_at": at.isoformat()}
            days[DAY if minutes < 0 else DAY + timedelta(days=1)].append(
                line_of(named, **changes)
                if is_named
                else written(named, NUMBERS[who], "number", **changes)
            )
        order = list(days)[::-1] if is_reversed else list(days)
        for place, day in enumerate(order):
            stage_and_match(
                account, *days[day], day=day, now=NOW + timedelta(days=2, minutes=place)
            )
        places = {payment.attempts.get().pk: place for place, payment in enumerate(made)}
        return {
            occurred_at: places[attempt_id]
            for occurred_at, attempt_id in StatementLine.objects.filter(
                statement__provider_account=account, matched_by__in=BY_LIKENESS
            ).values_list("occurred_at", "attempt_id")
        }
