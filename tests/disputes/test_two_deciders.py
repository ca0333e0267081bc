"""Two who decide one dispute at the same moment, over HTTP: it ends once, and books are right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.disputes.models import Dispute
from apps.ledger.models import Transfer
from apps.webhooks.models import Event
from tests.disputes.test_staff import ALL, ask, staff
from tests.refunds.conftest import balances

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS = reverse("admin:approvals_approvalrequest_changelist")


def at_once(*acts):
    barrier = Barrier(len(acts))

    def do(act):
        try:
            barrier.wait(20)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def approving(client, request):
    form = {
        "action": "approve",
        "_selected_action": str(request.pk),
        "decided": "1",
        f"digest_{request.pk}": bytes(request.digest).hex(),
    }
    return lambda: client.post(REQUESTS, form)


@pytest.fixture
def makers():
    return staff("awa", *ALL), staff("binta", *ALL)


@pytest.fixture
def checkers():
    names = ("view_approvalrequest", "change_approvalrequest")
    return staff("cora", *names), staff("dior", *names)


@pytest.mark.parametrize("outcomes", [("won", "lost"), ("lost", "lost")])
def test_two_decisions_approved_at_once_end_it_once(
    makers, checkers, paid, dispute, broken_books, outcomes
):
    made = dispute(paid(), 4_000)
    for maker, outcome in zip(makers, outcomes, strict=True):
        ask(maker, made, outcome)
    waiting = list(ApprovalRequest.objects.filter(status="pending").order_by("id"))

    answers = at_once(
        *(
            approving(checkers[n % 2], request)
            for n, request in enumerate(waiting if len(waiting) == 2 else waiting * 2)
        )
    )

    assert all(answer.status_code in {200, 302} for answer in answers)
    made.refresh_from_db()
    assert made.status in outcomes
    assert ApprovalRequest.objects.filter(status="approved").count() == 1
    ends = Event.objects.filter(object_id=made.pk).exclude(type="dispute.opened")
    assert ends.count() == 1
    held = Transfer.objects.filter(source_id=made.pk).exclude(kind="dispute_held")
    assert [transfer.amount for transfer in held] == [4_000]
    assert balances(made.merchant).get("merchant_held", 0) == 0
    assert broken_books() == {}


def test_a_merchant_who_gives_in_while_it_is_decided_is_not_charged_twice(
    makers, checkers, paid, dispute, decide, broken_books
):
    made = dispute(paid(), 4_000)
    ask(makers[0], made, "lost")
    request = ApprovalRequest.objects.get(status="pending")

    def give_in():
        try:
            return decide(made, None)
        except Exception as refusal:
            return refusal.code

    given, _ = at_once(give_in, approving(checkers[0], request))

    assert given in {"dispute_closed"} or given.status == "lost"
    assert Dispute.objects.get().status == "lost"
    lost = Transfer.objects.filter(source_id=made.pk, kind="dispute_lost")
    assert [transfer.amount for transfer in lost] == [4_000]
    assert broken_books() == {}
