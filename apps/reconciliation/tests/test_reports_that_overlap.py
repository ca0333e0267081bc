"""Of every movement one line counts, whatever reports say of it and whoever is quicker."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.core.models import OutboxMessage
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.selectors.day_summary import Tally, day_summary
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from tests.factories import PaymentFactory, ProviderAccountFactory, agree_cost
from tests.tries import examples

from .reports import DAY, NOON, NOW, foreign_line, line_of, match, stage, stage_and_match

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
ONE_HOUR = timedelta(hours=1)
A_WEEK = timedelta(days=7)


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def paid(account):
    return PaymentFactory(succeeded=True, account=account, created_at=NOON)


def matches(statement):
    return list(statement.lines.order_by("line_number").values_list("match", flat=True))


def found_of(statement):
    return sorted(Discrepancy.objects.filter(statement=statement).values_list("kind", "status"))


def test_longer_report_of_the_same_day_repeats_nothing(account, paid, broken):
    later = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    first, _ = stage_and_match(account, line_of(paid), foreign_line())

    second, summary = stage_and_match(account, line_of(paid), foreign_line(), line_of(later))

    assert matches(first) == ["matched", "exception"]
    assert matches(second) == ["seen_before", "seen_before", "matched"]
    assert (summary.seen_before, summary.matched, summary.exceptions) == (2, 1, {})
    earlier = list(first.lines.order_by("line_number").values_list("pk", flat=True))
    assert [line.counted_as_id for line in second.lines.order_by("line_number")] == [*earlier, None]
    assert broken() == []


def test_break_that_the_newer_report_does_not_have_is_superseded(account, paid, broken):
    first, _ = stage_and_match(account, line_of(paid), foreign_line(), "cut;off")

    stage_and_match(account, line_of(paid), now=NOW + ONE_HOUR)

    assert found_of(first) == [
        ("unknown_to_us", "superseded"),
        ("unreadable_line", "superseded"),
    ]
    assert matches(first) == ["matched", "superseded", "superseded"]
    assert broken() == []


def test_what_both_sides_agree_on_stays_matched_though_the_newer_report_lacks_it(
    account, paid, broken
):
    first, _ = stage_and_match(account, line_of(paid))

    stage_and_match(account, foreign_line(), now=NOW + ONE_HOUR)

    assert matches(first) == ["matched"]
    assert not Discrepancy.objects.filter(kind="unknown_to_them").exists()
    assert broken() == []


@pytest.mark.parametrize("later", [timedelta(0), ONE_DAY], ids=["same day", "overlapping export"])
@pytest.mark.parametrize("wrong", [{"amount": 5100}, {"outcome": "failed"}, {"fee": 7}])
def test_amended_line_takes_the_place_of_the_older_one(account, paid, broken, later, wrong):
    first, _ = stage_and_match(account, line_of(paid, **wrong), foreign_line(currency="XAF"))

    second, _summary = stage_and_match(
        account,
        line_of(paid, occurred_at=NOON.isoformat()),
        foreign_line(),
        day=DAY + later,
        now=NOW + ONE_DAY,
    )

    old, new = first.lines.get(line_number=1), second.lines.get(line_number=1)
    assert (old.match, old.counted_as_id) == ("superseded", new.pk)
    assert new.match == "matched"
    assert not Discrepancy.objects.filter(line=old, status="open").exists()
    assert broken() == []


def test_amended_line_that_still_differs_is_one_open_discrepancy(account, paid, broken):
    stage_and_match(account, line_of(paid, amount=5100))

    second, _ = stage_and_match(account, line_of(paid, amount=5200), now=NOW + ONE_HOUR)

    assert [
        (found.statement, found.their_amount)
        for found in Discrepancy.objects.filter(status="open", kind="amount_differs")
    ] == [(second, 5200)]
    assert broken() == []


def test_line_that_changes_back_counts_again(account, paid, broken):
    for number, amount in enumerate((5000, 5100, 5000)):
        last, _ = stage_and_match(
            account, line_of(paid, amount=amount), *number * ["null"], now=NOW + number * ONE_HOUR
        )

    assert matches(last) == ["matched"]
    assert StatementLine.objects.filter(match="superseded").count() == 2
    assert not Discrepancy.objects.filter(status="open").exists()
    assert broken() == []


def test_line_at_the_edge_of_two_days_counts_once(account, paid, broken):
    midnight = NOON.replace(hour=23).isoformat()
    line = line_of(paid, occurred_at=midnight)
    first, _ = stage_and_match(account, line, foreign_line())

    second, _ = stage_and_match(
        account, line, foreign_line(provider_reference="TX-2"), day=DAY + ONE_DAY
    )

    assert (matches(first)[0], matches(second)[0]) == ("matched", "seen_before")
    assert broken() == []


def test_movement_repeated_inside_one_file_is_suspect_once(account, paid, broken):
    lines = [line_of(paid), line_of(paid)]
    first, _ = stage_and_match(account, *lines)

    second, summary = stage_and_match(account, *lines, foreign_line(), now=NOW + ONE_HOUR)

    assert found_of(first) == [("duplicate_line", "open")]
    assert matches(second) == ["seen_before", "seen_before", "exception"]
    assert summary.exceptions == {"unknown_to_us": 1}
    assert broken() == []


def test_suspect_line_that_the_newer_report_lacks_is_superseded(account, paid, broken):
    first, _ = stage_and_match(account, line_of(paid), line_of(paid))

    stage_and_match(account, line_of(paid), now=NOW + ONE_HOUR)

    assert found_of(first) == [("duplicate_line", "superseded")]
    assert broken() == []


def test_second_movement_for_one_instruction_is_suspect_in_a_later_file_too(account, paid, broken):
    stage_and_match(account, line_of(paid))

    second, _ = stage_and_match(
        account, line_of(paid, provider_reference="TX-2"), day=DAY + ONE_DAY
    )

    assert found_of(second) == [("duplicate_line", "open")]
    assert broken() == []


def test_resolved_break_is_not_opened_again_by_a_report_that_repeats_it(account, broken):
    stage_and_match(account, foreign_line())
    resolve_discrepancy(
        discrepancy_id=Discrepancy.objects.get().pk,
        reason="Another shop's.",
        resolved_by=User.objects.create_user("awa"),
        now=NOW,
    )

    _, summary = stage_and_match(account, foreign_line(), "null", now=NOW + ONE_HOUR)

    assert (summary.opened, summary.exceptions) == (0, {})
    assert broken() == []


def test_payment_in_no_report_of_the_day_stays_open_once(account, paid, broken):
    first, _ = stage_and_match(account, foreign_line())
    stage_and_match(account, foreign_line(), "null", now=NOW + ONE_HOUR)

    [found] = Discrepancy.objects.filter(kind="unknown_to_them")

    assert (found.status, found.statement) == ("open", first)
    assert broken() == []


def test_long_report_committed_last_matches_no_movement_twice(account, paid, broken):
    """Its import began first; a shorter one was read and matched in between."""
    short, _ = stage_and_match(account, line_of(paid), now=NOW + ONE_HOUR)

    long, _ = stage_and_match(account, line_of(paid), foreign_line(), now=NOW)

    assert StatementLine.objects.filter(match="matched").count() == 1
    day = day_summary(provider_account_id=account.pk, day=DAY)
    assert day.currencies[0].matched == Tally(1, 5000)
    assert sorted(matches(short) + matches(long)) == ["matched", "seen_before", "superseded"]
    assert broken() == []


def test_discrepancy_opened_again_has_the_amounts_and_the_date_of_today():
    account = ProviderAccountFactory(cost=100)
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    statement, _ = stage_and_match(account, line_of(paid, fee=20))
    for basis_points, moment in ((40, NOW + ONE_HOUR), (300, NOW + 2 * ONE_HOUR)):
        agree_cost(account, valid_from=moment - A_WEEK, basis_points=Decimal(basis_points))
        match_statement(statement_id=statement.pk, now=moment)

    before, today = Discrepancy.objects.order_by("id")

    assert (before.status, before.our_amount, before.opened_at) == ("repaired", 50, NOW)
    assert (today.status, today.our_amount, today.opened_at) == ("open", 150, NOW + 2 * ONE_HOUR)


def test_open_discrepancy_shows_the_amounts_of_today():
    account = ProviderAccountFactory(cost=100)
    paid = PaymentFactory(succeeded=True, account=account, created_at=NOON)
    statement, _ = stage_and_match(account, line_of(paid, fee=20))
    agree_cost(account, valid_from=NOW - A_WEEK, basis_points=Decimal(300))

    summary = match_statement(statement_id=statement.pk, now=NOW + ONE_HOUR)

    found = Discrepancy.objects.get()
    assert (found.our_amount, found.opened_at, summary.opened) == (150, NOW, 0)


# The lines of a movement: as it is, amended, and repeated in its file.
movement_lines = st.sampled_from(["", "as it is", "amended", "twice"])
files = st.lists(
    st.fixed_dictionaries(
        {
            "movements": st.lists(movement_lines, min_size=4, max_size=4),
            "is_broken": st.booleans(),
            "day": st.sampled_from([0, 0, 1]),
        }
    ),
    min_size=2,
    max_size=3,
)


class AnyInterleaving(TestCase):
    @settings(max_examples=examples(4))
    @given(files=files, data=st.data())
    def test_every_interleaving_of_importing_and_matching_ends_alike(self, files, data):
        """Each file's import begins at its own time; when it is committed and matched differs."""
        steps = [("import", n) for n in range(len(files))]
        in_order = [step for n in range(len(files)) for step in (("import", n), ("match", n))]
        other = data.draw(st.permutations(steps + [("match", n) for n in range(len(files))]))

        assert self.end_of(files, in_order) == self.end_of(files, other)

    def end_of(self, files, order):
        account = ProviderAccountFactory()
        payments = [
            PaymentFactory(
                succeeded=True,
                account=account,
                created_at=NOON,
                provider_reference=f"{account.label}-{n}",
            )
            for n in range(3)
        ]
        statements = {}
        waiting = []
        for step, number in order:
            if step == "import":
                lines = self.lines_of(files[number], payments, number)
                statements[number] = stage(
                    account,
                    *lines,
                    day=DAY + files[number]["day"] * ONE_DAY,
                    now=NOW + ONE_DAY + number * ONE_HOUR,
                )
            if step == "match" and number not in statements:
                # The worker comes as soon as there is something.
                waiting.append(number)
            for each in [number] if step == "match" else list(waiting):
                if each in statements:
                    match(statements[each], now=NOW + 2 * ONE_DAY)
                    waiting = [other for other in waiting if other != each]

        assert not [found for found in find_violations(now=NOW) if found.violations]
        counting = StatementLine.objects.filter(statement__provider_account=account)
        by_attempt = list(
            counting.filter(match="matched").order_by().values_list("attempt_id", flat=True)
        )
        assert len(by_attempt) == len(set(by_attempt))
        numbers = {statement.pk: number for number, statement in statements.items()}
        places = {payment.attempts.get().pk: n for n, payment in enumerate(payments)}
        return (
            sorted((numbers[line.statement_id], line.line_number, line.match) for line in counting),
            sorted(
                (
                    found.kind,
                    numbers[found.statement_id] if found.line_id else -1,
                    found.line.line_number if found.line_id else places[found.attempt_id],
                )
                for found in Discrepancy.objects.filter(
                    provider_account=account, status="open"
                ).select_related("line")
            ),
            [
                day_summary(provider_account_id=account.pk, day=DAY + n * ONE_DAY).currencies
                for n in (0, 1)
            ],
        )

    def lines_of(self, file, payments, number):
        lines = [json.dumps(None)] * (number + 1)
        for index, how in enumerate(file["movements"]):
            wrong = {"amount": 5100 + number} if how == "amended" else {}
            if index < len(payments):
                line = line_of(payments[index], **wrong)
            else:
                line = foreign_line(**wrong)
            lines += {"": 0, "twice": 2}.get(how, 1) * [line]
        return [*lines, "cut;off"] if file["is_broken"] and len(lines) > number + 1 else lines


def test_questions_are_asked_for_lines_that_count_alone(account):
    open_payment = PaymentFactory(submitted=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(open_payment))

    _, summary = stage_and_match(account, line_of(open_payment), "null", now=NOW + ONE_HOUR)

    assert summary.asked == 0
    assert OutboxMessage.objects.filter(topic="reconciliation.ask_provider").count() == 1
    assert Statement.objects.count() == 2
