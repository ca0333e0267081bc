"""What people decided of a line or an attempt, and what reports and decisions after it say."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.translation import override

from apps.reconciliation.models import Discrepancy, HandMatch, StatementLine
from apps.reconciliation.services.match_by_hand import HandMatchRefused
from apps.reconciliation.services.open_missing_statements import open_missing_statements
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.reconciliation.services.take_discrepancy import take_discrepancy
from apps.reconciliation.services.undo_decision import DecisionOvertaken, undo_decision
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from apps.reconciliation.services.write_off import WriteOffRefused
from tests.factories import ProviderAccountFactory

from .reports import DAY, NOON, NOW, foreign_line, line_of, match, stage_and_match
from .test_desk_decisions import broken_invariants, decide, matching, paid, writing_off

pytestmark = pytest.mark.django_db
NEXT = DAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


@pytest.fixture
def account():
    return ProviderAccountFactory()


@pytest.fixture
def people():
    return [User.objects.create_user(name, is_staff=True) for name in ("awa", "binta")]


def open_rows():
    return sorted(
        Discrepancy.objects.filter(status="open").values_list("kind", "attempt_id"), key=str
    )


def the(kind, **values):
    return Discrepancy.objects.get(kind=kind, status="open", **values)


def attempt_of(payment):
    return payment.attempts.get().pk


def test_attempt_whose_line_is_given_to_another_is_looked_for_at_once(account, people):
    left, right = paid(account, amount=500), paid(account, amount=700)
    stage_and_match(account, line_of(left, amount=700))

    decide(
        "discrepancy.match", the("amount_differs"), matching(the("amount_differs"), right), people
    )

    assert open_rows() == [("unknown_to_them", attempt_of(left))]
    assert not broken_invariants()

    undo_decision(decision_id=HandMatch.objects.get().decision_id, undone_by=people[0], now=NOW)
    assert [kind for kind, _ in open_rows()] == ["amount_differs", "unknown_to_them"]
    assert the("unknown_to_them").attempt_id == attempt_of(right)


def test_undone_match_gives_its_attempt_back_to_the_report_that_came_meanwhile(account, people):
    payment = paid(account, amount=700)
    type(payment.attempts.get()).objects.update(completed_at=NOON + timedelta(days=1))
    stage_and_match(account, foreign_line())
    row = the("unknown_to_us")
    decide("discrepancy.match", row, matching(row, payment), people)
    stage_and_match(account, "null", day=NEXT)
    assert not open_rows()

    undo_decision(decision_id=HandMatch.objects.get().decision_id, undone_by=people[0], now=NOW)

    assert open_rows() == [
        ("unknown_to_them", attempt_of(payment)),
        ("unknown_to_us", None),
    ]


@pytest.mark.parametrize("named", [0, 1])
def test_what_a_line_was_split_over_is_not_found_again_on_a_later_line(account, people, named):
    payments = sorted((paid(account, amount=n) for n in (300, 400)), key=attempt_of)
    stage_and_match(account, foreign_line())
    row = the("unknown_to_us")
    decide("discrepancy.match", row, matching(row, *payments), people)

    stage_and_match(account, line_of(payments[named]), day=NEXT)

    assert open_rows() == [("duplicate_line", attempt_of(payments[named]))]
    assert not broken_invariants()
    StatementLine.objects.filter(match="exception").update(match="matched")
    assert "an attempt's money is matched by one line" in broken_invariants()
    StatementLine.objects.filter(statement__day=NEXT).update(match="exception")

    undo_decision(decision_id=HandMatch.objects.first().decision_id, undone_by=people[0], now=NOW)
    assert open_rows() == [
        ("unknown_to_them", attempt_of(payments[1 - named])),
        ("unknown_to_us", None),
    ]


def test_line_that_differed_is_a_duplicate_once_another_stands_for_its_attempt(account, people):
    payment = paid(account, amount=700)
    stage_and_match(account, line_of(payment, amount=650), foreign_line())
    row = the("unknown_to_us")

    decide("discrepancy.match", row, matching(row, payment), people)

    assert open_rows() == [("duplicate_line", attempt_of(payment))]
    assert the("duplicate_line").value_at_risk == -650


def test_half_of_a_split_never_stands_alone(account, people):
    one, other = paid(account, amount=300), paid(account, amount=400)
    first, _ = stage_and_match(account, foreign_line())
    row = the("unknown_to_us")
    decide("discrepancy.match", row, matching(row, one, other), people)
    # A newer report has the movement otherwise, and a part of it is matched with that one.
    second, _ = stage_and_match(account, foreign_line(amount=300), now=NOW + timedelta(hours=1))
    row = the("unknown_to_us")
    decide("discrepancy.match", row, matching(row, one), people)
    withdraw_statement(
        statement_id=second.pk, reason="x", requested_by=people[0], approved_by=people[1], now=NOW
    )
    match(second, now=NOW)

    assert StatementLine.objects.get(statement=first).match == "exception"
    assert the("unknown_to_us").line.statement_id == first.pk


def test_movement_is_written_off_once_however_often_its_report_comes(account, people):
    first, _ = stage_and_match(account, foreign_line())
    decide("discrepancy.write_off", the("unknown_to_us"), writing_off(the("unknown_to_us")), people)
    withdraw_statement(
        statement_id=first.pk, reason="x", requested_by=people[0], approved_by=people[1], now=NOW
    )
    match(first, now=NOW)
    stage_and_match(account, foreign_line(), now=NOW + timedelta(hours=1))
    row = the("unknown_to_us")

    with pytest.raises(WriteOffRefused):
        decide("discrepancy.write_off", row, writing_off(row), people)


def test_what_was_written_off_and_comes_after_all_is_not_silent(account, people):
    payment = paid(account, amount=700)
    stage_and_match(account, "null")
    row = the("unknown_to_them")
    decide("discrepancy.write_off", row, writing_off(row), people)

    stage_and_match(account, line_of(payment), day=NEXT)

    row = Discrepancy.objects.get(status="open")
    assert (row.attempt_id, row.value_at_risk) == (attempt_of(payment), -700)
    assert not broken_invariants()
    decide("discrepancy.write_off", row, writing_off(row), people)
    assert not open_rows()


def test_what_was_written_off_is_not_matched_by_hand(account, people):
    payment = paid(account, amount=700)
    stage_and_match(account, foreign_line())
    row = the("unknown_to_them")
    decide("discrepancy.write_off", row, writing_off(row), people)
    row = the("unknown_to_us")

    with pytest.raises(HandMatchRefused):
        decide("discrepancy.match", row, matching(row, payment), people)


def test_claimed_by_nobody_and_ours_after_all_is_not_silent(account, people):
    statement, _ = stage_and_match(account, foreign_line())
    row = the("unknown_to_us")
    decide("discrepancy.write_off", row, writing_off(row), people)
    payment = paid(account, amount=700)
    type(payment.attempts.get()).objects.update(provider_reference="TX-another")

    match(statement, now=NOW)

    row = Discrepancy.objects.get(status="open")
    assert (row.kind, row.value_at_risk) == ("amount_differs", 700)
    decide("discrepancy.write_off", row, writing_off(row), people)
    match(statement, now=NOW)
    assert not open_rows()


@pytest.mark.parametrize(
    "amended",
    [{"provider_reference": "TX-another"}, {"reference": "another-shop"}],
    ids=["theirs", "ours"],
)
@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_claimed_by_nobody_and_amended_to_be_ours_is_not_silent(
    account, people, amended, is_withdrawn
):
    first = (
        foreign_line() if "provider_reference" in amended else foreign_line(provider_reference="")
    )
    statement, _ = stage_and_match(account, first)
    row = the("unknown_to_us")
    decide("discrepancy.write_off", row, writing_off(row), people)
    payment = paid(account, amount=700)
    if is_withdrawn:
        withdraw_statement(
            statement_id=statement.pk,
            reason="x",
            requested_by=people[0],
            approved_by=people[1],
            now=NOW,
        )
        match(statement, now=NOW)

    stage_and_match(account, line_of(payment, fee=1, **amended), now=NOW + timedelta(hours=1))

    row = Discrepancy.objects.get(status="open", kind="amount_differs")
    assert (row.attempt_id, row.value_at_risk) == (attempt_of(payment), 700)
    decide("discrepancy.write_off", row, writing_off(row), people)
    assert not broken_invariants()


def test_claimed_by_nobody_and_amended_is_written_off_once(account, people):
    stage_and_match(account, foreign_line(provider_reference=""))
    row = the("unknown_to_us")
    decide("discrepancy.write_off", row, writing_off(row), people)
    stage_and_match(account, foreign_line(fee=1), now=NOW + timedelta(hours=1))
    row = the("unknown_to_us")

    with pytest.raises(WriteOffRefused, match="already"):
        decide("discrepancy.write_off", row, writing_off(row), people)


def test_part_that_was_given_up_comes_after_all(account, people):
    payment = paid(account, amount=700)
    stage_and_match(account, line_of(payment, amount=650))
    row = the("amount_differs")
    decide("discrepancy.write_off", row, writing_off(row), people)
    assert not open_rows()

    stage_and_match(account, line_of(payment), now=NOW + timedelta(hours=1))

    row = the("amount_differs")
    assert (row.our_amount, row.their_amount, row.value_at_risk) == (650, 700, -50)
    decide("discrepancy.write_off", row, writing_off(row), people)
    stage_and_match(account, line_of(payment, fee=1), now=NOW + timedelta(hours=2))
    assert not open_rows()
    assert not broken_invariants()


def test_line_that_stands_twice_in_a_report_is_given_up_once(account, people):
    stage_and_match(account, foreign_line(), foreign_line())
    rows = Discrepancy.objects.filter(status="open").order_by("id")
    assert {row.kind for row in rows} == {"unknown_to_us", "duplicate_line"}

    with pytest.raises(WriteOffRefused, match="already"):
        decide("discrepancy.write_off", rows[0], writing_off(*rows), people)

    assert rows.count() == 2


def test_taking_over_is_not_undone_once_the_money_was_written_off(account, people):
    stage_and_match(account, foreign_line())
    row = the("unknown_to_us")
    take_discrepancy(discrepancy_id=row.pk, taken_by=people[0], now=NOW)
    row.refresh_from_db()
    decide("discrepancy.write_off", row, writing_off(row), people)

    with pytest.raises(DecisionOvertaken):
        undo_decision(
            decision_id=row.events.get(act="take").decision_id, undone_by=people[1], now=NOW
        )

    row.refresh_from_db()
    assert (row.status, row.owner) == ("written_off", people[0])


@pytest.mark.parametrize("is_rematched", [False, True])
def test_nothing_of_a_withdrawn_report_is_opened_again(account, people, is_rematched):
    statement, _ = stage_and_match(account, foreign_line())
    row = the("unknown_to_us")
    resolve_discrepancy(discrepancy_id=row.pk, reason="Seen.", resolved_by=people[0], now=NOW)
    withdraw_statement(
        statement_id=statement.pk,
        reason="x",
        requested_by=people[0],
        approved_by=people[1],
        now=NOW,
    )
    if is_rematched:
        match(statement, now=NOW)

    with pytest.raises(DecisionOvertaken):
        undo_decision(
            decision_id=row.events.get(act="resolve").decision_id, undone_by=people[0], now=NOW
        )

    assert not open_rows()


def test_nothing_that_a_later_report_settled_is_opened_again(account, people):
    statement, _ = stage_and_match(account, foreign_line())
    row = the("unknown_to_us")
    resolve_discrepancy(discrepancy_id=row.pk, reason="Seen.", resolved_by=people[0], now=NOW)
    payment = paid(account, amount=700)
    type(payment.attempts.get()).objects.update(provider_reference=row.line.provider_reference)
    match(statement, now=NOW)
    assert StatementLine.objects.get().match == "matched"

    with pytest.raises(DecisionOvertaken):
        undo_decision(
            decision_id=row.events.get(act="resolve").decision_id, undone_by=people[0], now=NOW
        )

    assert not open_rows()


@pytest.mark.parametrize("kind", ["unknown_to_them", "missing_statement"])
def test_nothing_that_a_later_report_brought_is_opened_again(account, people, kind):
    payment = paid(account, amount=700)
    if kind == "unknown_to_them":
        stage_and_match(account, "null")
    else:
        open_missing_statements(now=NOW + timedelta(days=1))
    row = the(kind)
    resolve_discrepancy(discrepancy_id=row.pk, reason="Seen.", resolved_by=people[0], now=NOW)
    decision_id = row.events.get(act="resolve").decision_id
    undo_decision(decision_id=decision_id, undone_by=people[0], now=NOW)
    assert the(kind) == row
    again = resolve_discrepancy(
        discrepancy_id=row.pk, reason="Seen.", resolved_by=people[0], now=NOW
    )
    stage_and_match(account, line_of(payment))

    with pytest.raises(DecisionOvertaken):
        undo_decision(
            decision_id=again.events.order_by("sequence").last().decision_id,
            undone_by=people[0],
            now=NOW,
        )
