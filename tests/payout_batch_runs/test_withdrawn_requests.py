"""What staff were asked about a batch ends with it: no request of what is over is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import ApprovalNotPending, decide_approval
from apps.audit.models import AuditEntry
from apps.core.errors import DomainError
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payout_batches.services.discard_batch import discard_batch
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payout_batches.services.submit_batch import submit_batch
from tests.disputes.test_staff import staff
from tests.payout_batch_runs.conftest import MAKER, fresh
from tests.payout_batch_runs.test_staff import ALL, act, page, submit

pytestmark = pytest.mark.django_db

REQUESTS = "admin:approvals_approvalrequest_changelist"


@pytest.fixture
def awa():
    return staff("awa", *ALL)


@pytest.fixture
def binta():
    return staff("binta", *ALL)


def reject(batch, now):
    reject_batch(batch_id=batch.pk, rejected_by=MAKER, reason="Twice", source="api", now=now)


def cancel(batch, now):
    cancel_batch(batch_id=batch.pk, source="api", now=now)


def decide(client, request, verb="approve", **form):
    said = {
        "action": verb,
        "_selected_action": str(request.pk),
        "decided": "1",
        f"digest_{request.pk}": bytes(request.digest).hex(),
        **form,
    }
    return client.post(reverse(REQUESTS), said, follow=True).content.decode()


@pytest.mark.parametrize("end", [reject, cancel])
def test_a_batch_that_is_rejected_or_canceled_takes_its_request_along(
    end, awa, binta, draft, clock
):
    batch = draft(2)
    submit(awa, batch)
    asked = ApprovalRequest.objects.get()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        end(batch, clock.now)
        assert not ApprovalRequest.objects.filter(status="pending").exists()
        raise ZeroDivisionError
    # In the same transaction, or not at all.
    assert (fresh(batch).status, ApprovalRequest.objects.get().status) == (
        "needs_approval",
        "pending",
    )
    end(batch, clock.now)

    ended = ApprovalRequest.objects.get()
    assert (ended.status, ended.decided_by, ended.decided_at) == ("withdrawn", None, clock.now)
    assert AuditEntry.objects.filter(action="payout_batch.start.withdraw").count() == 1
    # Whoever has the old page is told so, whatever she presses, and nothing changes.
    for verb in ("approve", "reject"):
        assert "This was withdrawn" in decide(binta, asked, verb, reason="No")
    shown = binta.get(reverse("admin:approvals_approvalrequest_change", args=[asked.pk]))
    assert "Withdrawn " in shown.content.decode()
    assert ApprovalRequest.objects.get().decisions.count() == 0


def test_a_batch_sent_back_is_submitted_and_asked_about_anew(awa, binta, draft, clock):
    batch = draft(2)
    submit(awa, batch)
    first = ApprovalRequest.objects.get()
    act(awa, batch, "reject", **{"reject-reason": "Line 2 twice"})

    submit(awa, batch)
    second = ApprovalRequest.objects.get(status="pending")
    decide(binta, first)
    assert fresh(batch).status == "needs_approval"
    decide(binta, second)

    assert fresh(batch).status == "running"
    assert set(ApprovalRequest.objects.values_list("pk", "status")) == {
        (first.pk, "withdrawn"),
        (second.pk, "approved"),
    }


def test_a_batch_that_nobody_decided_in_time_or_that_a_key_approved_leaves_no_request(
    awa, draft, approve, turn, clock
):
    late, approved = draft(1), draft(1)
    submit(awa, late)
    submit(awa, approved)

    approve(approved)
    clock.advance(hours=24)
    turn(late)

    assert (fresh(late).status, fresh(approved).status) == ("draft", "running")
    assert set(ApprovalRequest.objects.values_list("status", flat=True)) == {"withdrawn"}


def test_what_an_earlier_release_left_behind_ends_as_the_batch_is_discarded(awa, draft, clock):
    batch = draft(1)
    submit(awa, batch)
    reject(batch, clock.now)
    left = ApprovalRequest.objects.get()
    again = ApprovalRequest.objects.create(
        action=left.action,
        target=left.target,
        payload=left.payload,
        digest=left.digest,
        reason=left.reason,
        requested_by=left.requested_by,
        requested_at=left.requested_at,
        expires_at=left.expires_at,
    )

    discard_batch(batch_id=batch.pk, actor="user:1", source="staff", now=clock.now)

    again.refresh_from_db()
    assert again.status == "withdrawn"


def test_nobody_asks_about_what_waits_no_longer(awa, draft, clock):
    batch = draft(1)
    submit_batch(batch_id=batch.pk, submitted_by=MAKER, source="api", now=clock.now)
    cancel(batch, clock.now)

    act(awa, batch, "ask", **{"ask-reason": "Asked by telephone"})

    assert not ApprovalRequest.objects.exists()
    assert awa.get(page(batch)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_who_approves_and_who_cancels_at_once_wait_for_each_other_and_one_wins(awa, draft):
    batch = draft(1)
    submit(awa, batch)
    request = ApprovalRequest.objects.get()
    fanta = User.objects.create_superuser("fanta")

    def approve():
        decide_approval(
            request_id=request.pk,
            is_approved=True,
            shown_digest=bytes(request.digest),
            decided_by=fanta,
            now=timezone.now(),
        )

    def run(work, *given):
        try:
            work(*given)
        except DomainError as refusal:
            return type(refusal)
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(2) as pool:
        approved = pool.submit(run, approve)
        canceled = pool.submit(run, cancel, batch, timezone.now())
        found = (approved.result(), canceled.result())

    request.refresh_from_db()
    assert (found, fresh(batch).status, request.status) in [
        ((ApprovalNotPending, None), "canceled", "withdrawn"),
        # It was approved first; what was not sent yet is canceled all the same.
        ((None, None), "canceled", "approved"),
    ]
