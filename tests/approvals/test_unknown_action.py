"""What a merchant made waits for a server that knows it, and somebody is told if none comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.approvals.due_work import DUE_APPROVALS, TOPIC
from apps.approvals.models import Approval, ApprovalRequest
from apps.approvals.rules.actions import ApprovalActionUnknown, digest_of
from apps.approvals.services.ask_staff import ask_staff
from apps.approvals.services.decide_approval import ApprovalNotPending, decide_approval
from apps.approvals.services.decide_for_merchant import decide_for_merchant
from apps.approvals.services.open_approval import ApprovalOrder, open_approval
from apps.core.money import Money
from apps.core.work.worker_loop import run_worker_loop
from apps.merchants.caller import Caller
from config.alert_sources import ALERT_SOURCES
from tests.factories import MerchantFactory
from tests.monitoring.test_planted import find

SOURCE = "approval_not_ended"


@pytest.fixture
def unknown(db):
    now = timezone.now()
    order = ApprovalOrder(
        merchant_id=MerchantFactory().pk,
        livemode=False,
        action="of.another_release",
        target="thing_1",
        money=Money(700, "XAF"),
        digest=b"d",
        made_by="key:1",
        requested_by="key:1",
        expires_at=now + timedelta(hours=24),
        ends_itself=True,
    )
    return open_approval(order, now=now)


def test_it_is_decided_by_nobody_and_waits(unknown, monkeypatch):
    for is_approved in (True, False):
        with pytest.raises(ApprovalActionUnknown):
            decide_for_merchant(
                approval_id=unknown.pk,
                is_approved=is_approved,
                shown_digest=b"d",
                caller=Caller.__new__(Caller),
                now=timezone.now(),
            )

    unknown.refresh_from_db()
    assert unknown.status == Approval.Status.PENDING


def test_staff_reject_what_they_asked_for_and_not_what_a_merchant_made(unknown, django_user_model):
    now, chipo = timezone.now(), django_user_model.objects.create_superuser("chipo")
    asked = ask_staff(
        action=unknown.action,
        target=unknown.target,
        payload={},
        steps=(None,),
        made_by="key:1",
        expires_at=unknown.expires_at,
        now=now,
    )

    def reject(request):
        return decide_approval(
            request_id=request.pk,
            is_approved=False,
            shown_digest=bytes(request.digest),
            decided_by=chipo,
            reason="unknown",
            now=now,
        )

    with pytest.raises(ApprovalNotPending):
        reject(asked)
    asked.refresh_from_db()
    unknown.refresh_from_db()
    assert (asked.status, unknown.status) == ("pending", "pending")

    by_staff = ApprovalRequest.objects.create(
        action="of.another_release",
        target="thing_2",
        payload={},
        digest=digest_of("of.another_release", "thing_2", {}),
        reason="Why",
        requested_by=django_user_model.objects.create_superuser("awa"),
        requested_at=now,
        expires_at=unknown.expires_at,
    )
    assert reject(by_staff).status == "rejected"


@pytest.mark.django_db(transaction=True)
def test_its_time_over_it_is_tried_again_and_somebody_is_told(unknown):
    past = timezone.now() - timedelta(hours=1)
    Approval.objects.update(due_at=past, expires_at=past)

    run_worker_loop(TOPIC)

    unknown.refresh_from_db()
    assert unknown.status == Approval.Status.PENDING
    assert timezone.now() < unknown.due_at <= timezone.now() + DUE_APPROVALS.put_off
    (found,) = find(SOURCE, timezone.now(), includes_test=1.0)
    assert (found.facts["count"], found.facts["approval"]) == (1, unknown.public_id)
    assert ALERT_SOURCES[SOURCE].sentence % found.facts
    assert find(SOURCE, past + timedelta(minutes=29), includes_test=1.0) == []
