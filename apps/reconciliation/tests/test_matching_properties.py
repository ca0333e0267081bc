"""For any ledger and any statement: every line ends matched or an exception, twice is once."""

import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.orchestration.models import Attempt
from apps.reconciliation.models import Discrepancy, StatementLine
from apps.reconciliation.selectors.day_summary import Tally, day_summary
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.services.match_statement import match_statement
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.tries import examples

from .reports import DAY, NOON, NOW, foreign_line, line_of, match, stage, stage_and_match

PATHS = {
    "pending": ["submitted", "pending"],
    "unknown": ["submitted", "unknown"],
    "succeeded": ["submitted", "pending", "succeeded"],
    "failed": ["submitted", "pending", "failed"],
}

# What may become of a line on its way from an honest provider to us.
honest = st.just({})
spoiled = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from([1, 4999, 5000, 5001]),
        "currency": st.sampled_from(["XAF", "XOF"]),
        "outcome": st.sampled_from(["succeeded", "failed"]),
        "reference": st.sampled_from(["", "nonsense"]),
        "provider_reference": st.sampled_from(["", "TX-x", "TX-y"]),
    },
)
about_ours = st.tuples(st.just("ours"), st.integers(0, 4), honest | spoiled)
about_others = st.tuples(st.just("foreign"), st.just(0), spoiled)
rubbish = st.tuples(st.just("rubbish"), st.just(0), st.just({}))


def expected_kind(cells, attempt, earlier):
    """The specification, line by line, as a person would apply it."""
    theirs = cells["provider_reference"]
    if theirs and any(
        e["provider_reference"] == theirs and e["outcome"] == cells["outcome"] for e, _ in earlier
    ):
        return "duplicate_line"
    if attempt is None:
        return "unknown_to_us"
    moved = cells["outcome"] == "succeeded"
    if moved and any(e["outcome"] == "succeeded" and a == attempt for e, a in earlier):
        return "duplicate_line"
    final = attempt.status in {"succeeded", "failed", "not_sent"}
    if not final or moved != (attempt.status == "succeeded"):
        return "status_differs"
    if cells["currency"] != attempt.currency:
        return "currency_differs"
    if cells["amount"] != attempt.amount:
        return "amount_differs"
    return None


def find_attempt(cells, attempts):
    ours = [
        a for a in attempts if cells["reference"] and a.statement_reference == cells["reference"]
    ]
    theirs = [
        a
        for a in attempts
        if cells["provider_reference"] and a.provider_reference == cells["provider_reference"]
    ]
    return next(iter(ours or theirs), None)


class AnyLedgerAndStatement(TestCase):
    @settings(max_examples=examples(4))
    @given(
        ledger=st.lists(st.sampled_from(sorted(PATHS)), min_size=1, max_size=5),
        report=st.lists(about_ours | about_ours | about_others | rubbish, min_size=1, max_size=8),
        waits=st.booleans(),
    )
    def test_every_line_is_matched_or_an_exception(self, ledger, report, waits):
        account = ProviderAccountFactory()
        payments = [
            PaymentFactory(attempt_path=PATHS[path], account=account, created_at=NOON)
            for path in ledger
        ]
        lines = [foreign_line(provider_reference="TX-first", amount=7)]
        for source, number, changes in report:
            if source == "ours":
                lines.append(line_of(payments[number % len(payments)], **changes))
            else:
                lines.append(foreign_line(**changes) if source == "foreign" else "cut;off")

        if waits:
            statement = stage(account, *lines)
            summary = match(statement, now=NOW)
        else:
            statement, summary = stage_and_match(account, *lines)

        attempts = list(Attempt.objects.order_by("id"))
        expected, earlier = [], []
        for line in lines:
            if line == "cut;off":
                expected.append("unreadable_line")
                continue
            cells = json.loads(line)
            attempt = find_attempt(cells, attempts)
            expected.append(expected_kind(cells, attempt, earlier))
            earlier.append((cells, attempt))
        kinds = dict(
            Discrepancy.objects.filter(line__isnull=False).values_list("line__line_number", "kind")
        )
        assert [kinds.get(number + 1) for number in range(len(lines))] == expected
        mentioned = {attempt.pk for _, attempt in earlier if attempt}
        missing = {a.pk for a in attempts if a.status == "succeeded"} - mentioned
        unknown_to_them = Discrepancy.objects.filter(kind="unknown_to_them")
        assert set(unknown_to_them.values_list("attempt_id", flat=True)) == missing

        broken = [found for found in find_violations(now=NOW) if found.violations]
        # Nobody works on what is open.
        assert not [found for found in broken if found.invariant.id != "I14"]

        amounts = Counter()
        for line in lines:
            if line != "cut;off" and json.loads(line)["outcome"] == "succeeded":
                amounts[json.loads(line)["currency"]] += json.loads(line)["amount"]
        day = day_summary(provider_account_id=account.pk, day=DAY)
        assert day.lines == len(lines)
        for found in day.currencies:
            assert found.total.amount == amounts[found.currency]
            assert found.waiting == Tally()

        # The first time plain lines are spared the whole comparison, which finds the same.
        before = _kept()
        again = match_statement(statement_id=statement.pk, now=NOW)
        assert (again.opened, again.repaired, again.asked) == (0, 0, 0)
        assert (again.matched, again.exceptions) == (summary.matched, summary.exceptions)
        assert _kept() == before


def _kept():
    return [list(model.objects.order_by("id").values()) for model in (Discrepancy, StatementLine)]
