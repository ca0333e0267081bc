"""What no machine can decide two people do: one asks, another approves just what was shown."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.services.decide_approval import (
    ApprovalByTheSamePerson,
    ApprovalChanged,
    ApprovalNotPending,
    decide_approval,
)
from apps.approvals.services.request_approval import (
    ApprovalAlreadyPending,
    ApprovalReasonMissing,
    request_approval,
)
from apps.audit.models import AuditEntry
from apps.ledger.models import Transfer
from apps.orchestration.models import Attempt
from apps.orchestration.services.apply_replies import apply_reply
from apps.orchestration.services.book_as_sent import BookAsSentRefused
from apps.payments.models import Payment
from apps.payments.services.book_late_success import LateSuccessRefused
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.open_contradiction import open_contradiction
from apps.reconciliation.tests.reports import line_of, match, stage

pytestmark = pytest.mark.django_db

FAILED = ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYER_DECLINED)
SUCCEEDED = ProviderResult(Outcome.SUCCEEDED, amount=1_500, currency="XAF")


@pytest.fixture
def people():
    return [User.objects.create_user(name, is_staff=True) for name in ("maker", "checker")]


@pytest.fixture
def contradicted(clock, submitted):
    """A payment told failed, that the provider later says was paid."""
    payment, attempt = submitted
    for news in (FAILED, SUCCEEDED):
        apply_reply(attempt_id=attempt.pk, answer=news, source="poll", now=clock.now)
    open_contradiction(
        attempt_id=attempt.pk,
        detail="failed, then succeeded",
        contradicted_at=clock.now,
        now=clock.now,
    )
    return payment, attempt


@pytest.fixture
def ask(clock, people, contradicted):
    def asked(action="payment.book_late_success", **changes):
        payment, attempt = contradicted
        return request_approval(
            **{
                "action": action,
                "target": payment.public_id,
                "payload": {"attempt_id": str(attempt.pk), "amount": 1_500},
                "reason": "The provider's portal shows the debit.",
                "requested_by": people[0],
                "now": clock.now,
                **changes,
            }
        )

    return asked


def decide(request, person, now, *, is_approved=True, digest=None, reason="Not so."):
    return decide_approval(
        request_id=request.pk,
        is_approved=is_approved,
        shown_digest=bytes(request.digest) if digest is None else digest,
        decided_by=person,
        reason=reason,
        now=now,
    )


def test_what_a_second_person_approves_is_done_booked_and_settled(
    clock, people, contradicted, ask, broken_books
):
    payment, _ = contradicted
    request = ask()
    assert Payment.objects.get().status == "failed"

    decide(request, people[1], clock.now)

    payment.refresh_from_db()
    discrepancy = Discrepancy.objects.get()
    assert payment.status == "succeeded"
    assert Transfer.objects.count() == 2
    assert (discrepancy.status, discrepancy.owner_id) == ("resolved", people[1].pk)
    assert discrepancy.resolution == request.reason
    acts = AuditEntry.objects.order_by("id").values_list("actor", "action")
    assert list(acts) == [
        (f"user:{people[0].pk}", "payment.book_late_success.request"),
        (f"user:{people[1].pk}", "payment.book_late_success.approve"),
        (f"user:{people[1].pk}", "discrepancy.decide"),
    ]
    assert broken_books() == {}


def test_a_report_line_that_agreed_with_the_failure_is_open_once_it_is_booked_as_paid(
    clock, people, contradicted, ask, broken_books
):
    payment, attempt = contradicted
    day = clock.now.date()
    line = line_of(payment, outcome="failed", provider_reference="TX1")
    statement = stage(attempt.provider_account, line, day=day, now=clock.now)
    match(statement, now=clock.now)
    assert statement.lines.get().match == "matched"
    request = ask()

    decide(request, people[1], clock.now)

    assert statement.lines.get().match == "exception"
    kinds = Discrepancy.objects.filter(status="open").values_list("kind", flat=True)
    assert list(kinds) == ["status_differs"]
    assert broken_books() == {}


def test_nobody_approves_what_she_asked_for(clock, people, ask):
    request = ask()

    with pytest.raises(ApprovalByTheSamePerson):
        decide(request, people[0], clock.now)

    assert not Transfer.objects.exists()


def test_the_database_refuses_one_person_alone_too(clock, people, ask):
    request = ask()

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_approvalrequest SET status = 'approved', decided_at = now(),"
            " decided_by_id = requested_by_id WHERE id = %s",
            [request.pk],
        )


@pytest.mark.parametrize("changed", ["payload", "target", "shown"])
def test_only_what_was_shown_is_approved(clock, people, ask, changed):
    request = ask()
    digest = b"of another page" if changed == "shown" else None
    if changed == "payload":
        ApprovalRequest.objects.update(payload={**request.payload, "amount": 150_000})
    if changed == "target":
        ApprovalRequest.objects.update(target="pay_another")

    with pytest.raises(ApprovalChanged):
        decide(request, people[1], clock.now, digest=digest)

    assert not Transfer.objects.exists()


def test_it_is_done_once_however_often_it_is_approved(clock, people, ask):
    request = ask()
    decide(request, people[1], clock.now)

    with pytest.raises(ApprovalNotPending):
        decide(request, people[1], clock.now)

    assert Transfer.objects.count() == 2


def test_after_a_day_it_can_only_be_rejected(clock, people, ask):
    request = ask()
    clock.advance(hours=24)

    with pytest.raises(ApprovalNotPending):
        decide(request, people[1], clock.now)
    rejected = decide(request, people[0], clock.now, is_approved=False)

    assert rejected.status == "rejected"
    assert not Transfer.objects.exists()


def test_what_the_act_refuses_stays_open_and_changes_nothing(clock, people, contradicted, ask):
    _, attempt = contradicted
    attempt.refresh_from_db()
    payload = {"attempt_id": str(attempt.pk), "amount": 1_500, "sequence": attempt.sequence}
    request = ask(payload=payload)
    Attempt.objects.filter(pk=attempt.pk).update(sequence=attempt.sequence + 1)

    with pytest.raises(LateSuccessRefused, match="moved since"), transaction.atomic():
        decide(request, people[1], clock.now)

    request.refresh_from_db()
    assert request.status == "pending"


def test_whoever_asks_is_refused_what_whoever_approves_would_be(contradicted, ask, broken_books):
    _payment, attempt = contradicted

    with pytest.raises(LateSuccessRefused, match="not positive"):
        ask(payload={"attempt_id": str(attempt.pk), "amount": 0})
    with pytest.raises(BookAsSentRefused, match="collects money"):
        ask("outgoing.book_as_sent")

    assert not ApprovalRequest.objects.exists()


def test_what_is_tried_when_it_is_asked_for_leaves_no_trace(contradicted, ask, broken_books):
    _payment, attempt = contradicted

    ask()

    attempt.refresh_from_db()
    assert (Payment.objects.get().status, attempt.status) == ("failed", "failed")
    assert attempt.needs_person
    assert not Transfer.objects.exists()
    assert Discrepancy.objects.get().status == "open"
    assert AuditEntry.objects.count() == 1
    assert broken_books() == {}


def test_the_same_act_is_asked_for_once_at_a_time(clock, people, ask):
    ask()

    with pytest.raises(ApprovalAlreadyPending):
        ask()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_nothing_is_asked_for_without_a_reason(ask, reason):
    with pytest.raises(ApprovalReasonMissing):
        ask(reason=reason)


def test_a_failed_payment_is_closed_as_it_is(clock, people, contradicted, ask, broken_books):
    _, attempt = contradicted
    request = ask("payment.close_unresolved", payload={"attempt_id": str(attempt.pk)})

    decide(request, people[1], clock.now + timedelta(hours=1))

    attempt.refresh_from_db()
    assert (Payment.objects.get().status, attempt.needs_person) == ("failed", False)
    assert Discrepancy.objects.get().status == "resolved"
    assert broken_books() == {}


@pytest.mark.parametrize("action", sorted(approvable_actions()))
def test_every_approvable_action_has_somebody_to_do_it(action):
    assert callable(approvable_actions()[action].load())
