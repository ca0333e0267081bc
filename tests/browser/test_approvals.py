"""Rules, what waits for whom, and the page that decides: in both languages, on a telephone too."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest, ApprovalRule
from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.services.request_approval import request_approval
from apps.core.money import Money
from apps.core.ttl_cache import clear_all
from apps.payments.models import Payment
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.refunds.services.create_refund import RefundOrder, create_refund
from tests.admin.conftest import make_rows
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.factories import PaymentFactory
from tests.fakes import open_account
from tests.refunds.conftest import EVERYTHING

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(provider):
    """A refund whose first step of two is done."""
    make_rows(1)
    people = [User.objects.create_user(name, is_staff=True) for name in ("awa", "binta")]
    finance = Group.objects.create(name="Finance")
    finance.user_set.add(people[1])
    ApprovalRule.objects.create(
        name="Refunds above a thousand",
        action="refund.create",
        currency="XAF",
        amount_min=1_000,
        how="hand",
        steps=[{"persons": 1, "group": finance.pk}, {"persons": 2, "group": None}],
        changed_at=timezone.now(),
    )
    account = open_account(operations=EVERYTHING)
    payment = PaymentFactory(account=account, succeeded=True, amount=5_000, fee=0)
    request = request_approval(
        action="refund.create",
        target=payment.public_id,
        payload={
            "payment_id": str(payment.pk),
            "amount": 2_000,
            "currency": "XAF",
            "refunded_before": 0,
        },
        reason="Asked by mail",
        requested_by=people[0],
        now=timezone.now(),
    )
    decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=people[1],
        now=timezone.now(),
    )
    return request


@pytest.fixture
def held(waiting):
    """A payout and a refund that a merchant made, and that a rule holds."""
    for action in ("payout.send", "refund.send"):
        ApprovalRule.objects.create(
            name=action,
            action=action,
            keys_may_decide=True,
            steps=[{"persons": 1, "group": None}],
            changed_at=timezone.now(),
        )
    clear_all()
    payment = Payment.objects.get(pk=waiting.payload["payment_id"])
    with transaction.atomic():
        refund = create_refund(
            payment_id=payment.pk,
            order=RefundOrder(amount=500),
            source="api",
            now=timezone.now(),
        )
        payout = create_payout(
            merchant=payment.merchant,
            livemode=payment.livemode,
            request=PayoutRequest(money=Money(1_000, "XAF"), phone="677000003"),
            now=timezone.now(),
        )
    return payout, refund


@LANGUAGES_OF_WORK
def test_what_a_rule_holds_is_decided_on_its_own_page(reader, held, language):
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))
    payout, refund = held
    for address in (
        reverse("admin:payouts_payout_change", args=[payout.pk]),
        reverse("admin:refunds_refund_change", args=[refund.pk]),
    ):
        window.open(address)
        window.look()
    asked = ApprovalRequest.objects.get(target=payout.public_id)
    window.open(reverse("admin:approvals_approvalrequest_change", args=[asked.pk]))
    window.look()
    rule = ApprovalRule.objects.get(action="payout.send")
    window.open(reverse("admin:approvals_approvalrule_change", args=[rule.pk]))
    window.look()

    assert window.problems == []


@LANGUAGES_OF_WORK
def test_approvals_are_made_with_care(reader, waiting, language):
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))
    requests = reverse("admin:approvals_approvalrequest_changelist")
    rule = ApprovalRule.objects.get(action="refund.create")

    for address in (
        reverse("admin:approvals_approvalrule_changelist"),
        reverse("admin:approvals_approvalrule_change", args=[rule.pk]),
        f"{reverse('admin:approvals_approvalrule_add')}?rule={rule.pk}",
        requests,
        reverse("admin:approvals_approvalrequest_change", args=[waiting.pk]),
        f"{reverse('admin:refunds_refund_add')}?payment={waiting.target}",
        reverse("admin:approvals_approvalstandin_changelist"),
        reverse("admin:approvals_approvalstandin_add"),
    ):
        window.open(address)
        window.look()
    window.open(f"{reverse('admin:refunds_refund_add')}?payment={waiting.target}")
    window.press("button[value=approve]")
    window.look()
    window.open(reverse("admin:approvals_approvalrequest_change", args=[waiting.pk]))
    window.press("button[value=reject]")
    window.look(is_first=False)
    window.page.fill("[name=reason]", "Paid back in cash")
    window.press("form .lomi-button-first")
    waiting.refresh_from_db()

    assert waiting.status == ApprovalRequest.Status.REJECTED
    assert not window.problems, "\n".join(window.problems)
