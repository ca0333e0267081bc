"""Staff send a batch: one submits, another approves, and everybody sees how far it is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.services import send_lines
from apps.payout_batches.services.submit_batch import submit_batch
from tests.disputes.test_staff import approve, staff
from tests.payout_batch_runs.conftest import CHECKER, fresh, statuses
from tests.sign_in.conftest import age
from tests.tries import TRIES

pytestmark = pytest.mark.django_db

ALL = (
    "view_payoutbatch", "change_payoutbatch", "view_approvalrequest", "add_approvalrequest",
    "change_approvalrequest",
)  # fmt: skip


@pytest.fixture
def awa():
    return staff("awa", *ALL)


@pytest.fixture
def binta():
    return staff("binta", *ALL)


def page(batch):
    return reverse("staff-payout-batch", args=[batch.pk])


def act(client, batch, name, **form):
    return client.post(page(batch), {"act": name, **form}, follow=True)


def submit(client, batch):
    return act(client, batch, "submit", **{"submit-reason": "Wages of November"})


def test_one_submits_and_another_approves_what_is_shown(awa, binta, draft, turn, pay_all):
    batch = draft([{}, {"status": "invalid"}])

    answer = submit(awa, batch)
    assert "waits for another person’s approval" in answer.content.decode()
    assert fresh(batch).status == "needs_approval"
    approve(awa)
    assert fresh(batch).status == "needs_approval"
    shown = approve(binta)

    assert "Lines: 1" in shown and "Lines that are not paid: 1" in shown
    assert fresh(batch).digest.hex() in shown
    users = {name: User.objects.get(username=name).pk for name in ("awa", "binta")}
    row = fresh(batch)
    assert (row.submitted_by, row.approved_by) == (f"user:{users['awa']}", f"user:{users['binta']}")
    turn(batch)
    pay_all()
    turn(batch)
    assert fresh(batch).status == "completed"
    html = awa.get(page(batch)).content.decode()
    assert "1 of 1 payouts have ended (100 %)" in html
    assert (
        "text/csv"
        in awa.get(reverse("staff-payout-batch-results", args=[batch.pk, "csv"]))["Content-Type"]
    )


def test_nobody_approves_her_own_batch_in_the_admin_however_often(awa, binta, draft):
    made_by_awa = draft(1)
    user = User.objects.get(username="awa")
    PayoutBatch.objects.filter(pk=made_by_awa.pk).update(created_by=f"user:{user.pk}")
    submit(binta, made_by_awa)
    # Binta asked for it; Awa, who made it, is another person than she, and yet may not.
    request = ApprovalRequest.objects.get(status="pending")
    form = {
        "action": "approve",
        "_selected_action": str(request.pk),
        "decided": "1",
        f"digest_{request.pk}": bytes(request.digest).hex(),
    }
    for tried in range(TRIES):
        client = (awa, binta)[tried % 2]
        client.post(reverse("admin:approvals_approvalrequest_changelist"), form)

    assert fresh(made_by_awa).status == "needs_approval"
    request.refresh_from_db()
    assert request.status == "pending"


def test_a_batch_that_programs_submitted_is_approved_by_two_of_the_staff(awa, binta, draft, clock):
    batch = draft()
    submit_batch(batch_id=batch.pk, submitted_by="key:one", source="api", now=clock.now)
    answer = act(awa, batch, "ask", **{"ask-reason": "Asked by telephone"})
    assert answer.status_code == 200
    approve(binta)
    assert fresh(batch).status == "running"


def test_it_is_paused_resumed_rejected_and_canceled(awa, clock, draft, running, turn, monkeypatch):
    monkeypatch.setattr(send_lines, "CHUNK", 1)
    batch = running(3)
    turn(batch)
    act(awa, batch, "pause")
    assert fresh(batch).status == "paused"
    act(awa, batch, "resume")
    assert fresh(batch).status == "running"
    act(awa, batch, "cancel")
    assert (fresh(batch).status, statuses(batch)) == ("canceling", ["sent", "canceled", "canceled"])
    answer = act(awa, batch, "pause")
    assert "not being sent" in answer.content.decode()
    waiting = draft()
    submit_batch(batch_id=waiting.pk, submitted_by="key:one", source="api", now=clock.now)
    act(awa, waiting, "reject", **{"reject-reason": "Line 2 twice"})
    assert (fresh(waiting).status, fresh(waiting).rejection_reason) == ("draft", "Line 2 twice")
    assert "Line 2 twice" in awa.get(page(waiting)).content.decode()


def test_who_may_only_look_does_nothing_and_the_password_is_asked_again(draft, awa):
    batch = draft()
    looking = staff("odile", "view_payoutbatch")
    assert looking.get(page(batch)).status_code == 200
    assert submit(looking, batch).status_code == 403
    assert staff("nobody").get(page(batch)).status_code == 403
    age(awa, 3_600, "proved_at")
    assert fresh(batch).status == "draft"
    submit(awa, batch)
    assert fresh(batch).status == "draft"


@pytest.mark.parametrize(
    "status",
    ["checking", "draft", "needs_approval", "scheduled", "running", "paused", "completed",
     "canceling", "canceled"],
)  # fmt: skip
def test_every_status_has_its_page(awa, draft, clock, status):
    batch = draft()
    PayoutBatch.objects.filter(pk=batch.pk).update(
        status=status,
        submitted_by="key:a",
        approved_by=CHECKER,
        approved_at=clock.now,
        digest=b"1" * 32,
        due_at=clock.now,
    )
    assert awa.get(page(batch)).status_code == 200
