"""What finance decides of discrepancies, and takes back."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import override

from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.services.request_approval import request_approval
from apps.core.models import OutboxMessage
from apps.ledger.selectors.list_transfers import list_transfers
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.rules.event_types import LATE_SUCCESS
from apps.providers.contract import Outcome, ProviderResult
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent, HandMatch, StatementLine
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.services.expect_later import expect_later
from apps.reconciliation.services.match_by_hand import HandMatchRefused
from apps.reconciliation.services.record_decision import DiscrepancyMoved
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.reconciliation.services.undo_decision import (
    DecisionOvertaken,
    NotUndoable,
    undo_decision,
)
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from apps.reconciliation.services.write_off import WriteOffRefused
from apps.webhooks.models import Event
from tests.factories import PaymentFactory, ProviderAccountFactory

from .reports import NOON, NOW, foreign_line, line_of, match, stage_and_match

pytestmark = pytest.mark.django_db


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


def paid(account, **values):
    return PaymentFactory(succeeded=True, account=account, created_at=NOON, fee=0, **values)


def matching(discrepancy, *payments, amount=None, explained_as=""):
    """What is asked for: a line stands for these payments' attempts."""
    amount = discrepancy.line.amount if amount is None else amount
    attempts = [payment.attempts.get() for payment in payments]
    return {
        "discrepancy_id": str(discrepancy.pk),
        "sequence": discrepancy.sequence,
        "attempts": [{"id": str(one.pk), "amount": one.amount} for one in attempts],
        "amount": amount,
        "currency": "XAF",
        "explained_as": explained_as,
        "difference": amount - sum(one.amount for one in attempts),
    }


def writing_off(*rows):
    return {
        "discrepancies": [
            {"id": str(row.pk), "sequence": row.sequence, "value": row.value_at_risk}
            for row in rows
        ],
        "amount": sum(abs(row.value_at_risk) for row in rows),
        "currency": "XAF",
        "is_loss": rows[0].value_at_risk > 0,
    }


def decide(action, row, payload, people):
    request = request_approval(
        action=action,
        target=row.public_id,
        payload=payload,
        reason="Seen with the bank.",
        requested_by=people[0],
        now=NOW,
    )
    decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=people[1],
        now=NOW,
    )


def snapshot():
    """All that a decision may change, except what is history."""
    return (
        list(
            Discrepancy.objects.order_by("id").values_list(
                "id", "status", "owner", "resolution", "closed_at", "expected_until"
            )
        ),
        list(StatementLine.objects.order_by("id").values_list("id", "match", "attempt_id")),
        list(HandMatch.objects.filter(undone_at=None).values_list("line", "attempt_id")),
    )


def broken_invariants():
    return {one.invariant.name for one in find_violations(now=NOW) if one.violations}


def test_line_matched_by_hand_counts_as_matched_and_undo_restores(account, people):
    payment = paid(account, amount=700)
    statement, _ = stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get(kind="unknown_to_us")
    assert Discrepancy.objects.filter(kind="unknown_to_them").count() == 1
    before = snapshot()

    decide("discrepancy.match", row, matching(row, payment), people)

    line = StatementLine.objects.get()
    assert (line.match, line.attempt_id) == ("matched", payment.attempts.get().pk)
    assert set(Discrepancy.objects.values_list("status", flat=True)) == {"matched"}
    match(statement, now=NOW)
    assert not Discrepancy.objects.filter(status="open").exists()
    assert not broken_invariants()
    assert not list_transfers(source_id=row.pk)

    undo_decision(decision_id=HandMatch.objects.get().decision_id, undone_by=people[0], now=NOW)

    assert snapshot() == before
    assert not broken_invariants()


def test_line_split_over_attempts_explains_each_of_them(account, people):
    one, other = paid(account, amount=300), paid(account, amount=400)
    statement, _ = stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get(kind="unknown_to_us")
    before = snapshot()

    decide("discrepancy.match", row, matching(row, one, other), people)
    match(statement, now=NOW)

    assert not Discrepancy.objects.filter(status="open").exists()
    assert HandMatch.objects.count() == 2
    assert not broken_invariants()
    undo_decision(decision_id=HandMatch.objects.first().decision_id, undone_by=people[1], now=NOW)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("amounts", "explained_as", "why"),
    [
        ((710,), "", "say whether"),
        ((710,), "rounding", "neither"),
        ((690,), "fee", "neither"),
        ((300, 410), "fee", "Split"),
        ((700,), "fee", "nothing to explain"),
    ],
)
def test_no_difference_is_matched_away(account, people, amounts, explained_as, why):
    payments = [paid(account, amount=amount) for amount in amounts]
    stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get(kind="unknown_to_us")

    with pytest.raises(HandMatchRefused, match=why):
        decide(
            "discrepancy.match", row, matching(row, *payments, explained_as=explained_as), people
        )

    assert not HandMatch.objects.exists()


@pytest.mark.parametrize(("amount", "explained_as"), [(720, "fee"), (701, "rounding")])
def test_difference_is_kept_with_its_explanation(account, people, amount, explained_as):
    payment = paid(account, amount=amount)
    stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get(kind="unknown_to_us")

    decide("discrepancy.match", row, matching(row, payment, explained_as=explained_as), people)

    made = HandMatch.objects.get()
    assert (made.difference, made.explained_as) == (700 - amount, explained_as)
    assert {made.requested_by, made.approved_by} == set(people)


def test_attempt_that_is_not_paid_or_elsewhere_is_not_matched(account, people):
    failed = PaymentFactory(failed=True, account=account, created_at=NOON, amount=700)
    elsewhere = paid(ProviderAccountFactory(connector="orange_webpay"), amount=700)
    stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get(kind="unknown_to_us")

    for payment, why in ((failed, "not paid"), (elsewhere, "another provider account")):
        with pytest.raises(HandMatchRefused, match=why):
            decide("discrepancy.match", row, matching(row, payment), people)


def test_report_withdrawn_after_a_match_leaves_the_payment_open(account, people):
    payment = paid(account, amount=700)
    statement, _ = stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get(kind="unknown_to_us")
    decide("discrepancy.match", row, matching(row, payment), people)

    withdraw_statement(
        statement_id=statement.pk,
        reason="Wrong file.",
        requested_by=people[0],
        approved_by=people[1],
        now=NOW,
    )
    match(statement, now=NOW)
    stage_and_match(account, foreign_line(), foreign_line(provider_reference="TX-2"))

    assert set(Discrepancy.objects.filter(status="open").values_list("kind", flat=True)) == {
        "unknown_to_us",
        "unknown_to_them",
    }
    row = Discrepancy.objects.get(kind="unknown_to_us", status="open", line__line_number=1)
    decide("discrepancy.match", row, matching(row, payment), people)
    assert not broken_invariants()


@pytest.mark.parametrize("is_loss", [True, False])
def test_write_off_is_booked_once_and_stays_written_off(account, people, is_loss):
    if is_loss:
        paid(account, amount=700)
        statement, _ = stage_and_match(account, "null")
    else:
        statement, _ = stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get()

    decide("discrepancy.write_off", row, writing_off(row), people)
    match(statement, now=NOW)

    (booked,) = list_transfers(source_id=row.pk)
    kinds = [booked.from_account.kind, booked.to_account.kind]
    assert kinds == (
        ["write_off", "provider_clearing"] if is_loss else ["provider_clearing", "write_off"]
    )
    assert booked.amount == 700
    row = Discrepancy.objects.get()
    assert (row.status, row.owner) == ("written_off", people[0])
    assert not broken_invariants()
    event = row.events.get(act="write_off")
    with pytest.raises(NotUndoable):
        undo_decision(decision_id=event.decision_id, undone_by=people[0], now=NOW)


def test_write_off_of_what_changed_since_it_was_shown_is_refused_whole(account, people):
    stage_and_match(account, foreign_line(), foreign_line(provider_reference="TX-2", amount=300))
    rows = list(Discrepancy.objects.order_by("id"))
    payload = writing_off(*rows)
    request = request_approval(
        action="discrepancy.write_off",
        target=rows[0].public_id,
        payload=payload,
        reason="Nobody claims it.",
        requested_by=people[0],
        now=NOW,
    )
    Discrepancy.objects.filter(pk=rows[1].pk).update(their_amount=301)

    with pytest.raises(DiscrepancyMoved), transaction.atomic():
        decide_approval(
            request_id=request.pk,
            is_approved=True,
            shown_digest=bytes(request.digest),
            decided_by=people[1],
            now=NOW,
        )

    assert not any(list_transfers(source_id=one.pk) for one in rows)
    assert Discrepancy.objects.filter(status="open").count() == 2


def test_losses_and_gains_are_not_written_off_together(account, people):
    paid(account, amount=900)
    stage_and_match(account, foreign_line())
    rows = list(Discrepancy.objects.order_by("-value_at_risk"))

    with pytest.raises(WriteOffRefused):
        decide("discrepancy.write_off", rows[0], writing_off(*rows), people)


def test_history_says_who_when_and_what_and_is_never_changed(account, people):
    stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get()
    decide("discrepancy.write_off", row, writing_off(row), people)

    event = DiscrepancyEvent.objects.get()
    assert (event.actor, event.sequence, event.reason) == (
        f"user:{people[0].pk}",
        1,
        "Seen with the bank.",
    )
    assert (event.before["status"], event.after["status"]) == ("open", "written_off")
    with pytest.raises(IntegrityError), transaction.atomic():
        DiscrepancyEvent.objects.update(reason="")


def test_what_the_comparison_closes_is_in_the_history_too(account):
    payment = paid(account)
    stage_and_match(account, "null")

    stage_and_match(account, line_of(payment))

    event = DiscrepancyEvent.objects.get()
    assert (event.act, event.actor, event.sequence) == ("compared", "system", 1)
    assert event.after["status"] == "repaired"
    assert Discrepancy.objects.get().sequence == 1


def test_later_decision_stands_in_the_way_of_undoing_an_earlier_one(account, people):
    stage_and_match(account, foreign_line())
    row = Discrepancy.objects.get()
    expect_later(
        discrepancy_id=row.pk,
        until=(NOW + timedelta(days=3)).date(),
        reason="Friday's file.",
        decided_by=people[0],
        now=NOW,
    )
    resolve_discrepancy(discrepancy_id=row.pk, reason="Seen.", resolved_by=people[1], now=NOW)
    first, second = row.events.order_by("sequence")

    with pytest.raises(DecisionOvertaken):
        undo_decision(decision_id=first.decision_id, undone_by=people[0], now=NOW)
    undo_decision(decision_id=second.decision_id, undone_by=people[0], now=NOW)
    undo_decision(decision_id=first.decision_id, undone_by=people[0], now=NOW)
    with pytest.raises(NotUndoable):
        undo_decision(decision_id=first.decision_id, undone_by=people[0], now=NOW)

    row.refresh_from_db()
    assert (row.status, row.owner, row.expected_until) == ("open", None, None)


def test_paid_there_and_failed_here_is_booked_by_two_people_and_the_merchant_told(account, people):
    payment = PaymentFactory(failed=True, account=account, created_at=NOON)
    stage_and_match(account, line_of(payment, outcome="succeeded"))
    row = Discrepancy.objects.get(kind="status_differs")
    # What its line had the provider asked, and what it says.
    assert OutboxMessage.objects.filter(payload__discrepancy_id=str(row.pk)).count() == 1
    answer = ProviderResult(Outcome.SUCCEEDED)
    apply_reply(attempt_id=row.attempt_id, answer=answer, source="statement", now=NOW)
    payment.refresh_from_db()
    assert payment.status == "failed"

    attempt = payment.attempts.get()
    payload = {"attempt_id": str(attempt.pk), "sequence": attempt.sequence, "amount": 5_000}
    decide("payment.book_late_success", payment, payload, people)

    payment.refresh_from_db()
    row.refresh_from_db()
    assert (payment.status, row.status) == ("succeeded", "repaired")
    assert Event.objects.filter(object_id=payment.pk, type=LATE_SUCCESS).count() == 1
