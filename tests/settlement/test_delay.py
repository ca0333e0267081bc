"""When what is paid becomes available: bounded by the database, changed by two people alone."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.core.public_ids import encode_id
from apps.ledger.models import Release
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount
from apps.settlement.rules.delay import SettlementDelayChanged, SettlementDelayOutOfBounds
from apps.settlement.services.change_delay import change_delay
from tests.approvals.test_pages import decide
from tests.disputes.test_staff import staff
from tests.factories import MerchantFactory, ProviderAccountFactory

pytestmark = pytest.mark.django_db

RIGHTS = ("view_merchant", "change_merchant", "view_provideraccount", "change_provideraccount")


@pytest.fixture
def maker():
    return staff("awa", *RIGHTS, "add_approvalrequest", "view_approvalrequest", "decide")


@pytest.fixture
def checker():
    return staff("binta", "view_approvalrequest", "decide")


def page(kind, row):
    return reverse("staff-settlement-delay", args=[kind, row.pk])


def ask(client, kind, row, days, before, **said):
    form = {"days": days, "days_before": before, "reason": "As the contract says", **said}
    return client.post(page(kind, row), form)


def make(kind):
    return MerchantFactory() if kind == "merchant" else ProviderAccountFactory()


@pytest.mark.parametrize(
    ("kind", "before"), [("merchant", None), ("provider_account", 0)]
)  # fmt: skip
def test_a_delay_changes_once_another_person_has_approved_it(maker, checker, kind, before):
    row = make(kind)

    answer = ask(maker, kind, row, "3", "" if before is None else before)

    assert answer.status_code == 302
    request = ApprovalRequest.objects.get()
    decide(maker, request)
    row.refresh_from_db()
    assert row.settlement_delay_days == before
    shown = checker.get(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    assert "3 days" in shown.content.decode() and str(row) in shown.content.decode()
    decide(checker, request)

    row.refresh_from_db()
    assert row.settlement_delay_days == 3
    entry = AuditEntry.objects.get(action="settlement_delay.changed")
    assert (entry.target, entry.detail["days_before"], entry.detail["days"]) == (
        row.public_id,
        before,
        3,
    )


def test_no_form_of_one_person_changes_a_delay(admin_client):
    merchant, account = MerchantFactory(), ProviderAccountFactory()
    said = {"settlement_delay_days": "5", "settlement_delay": "5", "is_active": "on"}
    for row, more in (
        (merchant, {"name": "Wouri", "language": "fr"}),
        (account, {"priority": "1", "weight": "1", "amount_min": "1", "amount_max": "9"}),
    ):
        url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        html = admin_client.get(url).content.decode()
        assert 'name="settlement_delay_days"' not in html
        kind = "merchant" if row is merchant else "provider_account"
        assert page(kind, row) in html
        admin_client.post(url, {**said, **more})

    merchant.refresh_from_db()
    account.refresh_from_db()
    assert (merchant.name, merchant.settlement_delay_days) == ("Wouri", None)
    assert (account.weight, account.settlement_delay_days) == (1, 0)


@pytest.mark.parametrize("days", [91, 32_767, -1])
def test_the_database_bounds_a_delay_whatever_the_code_says(days):
    for row in (MerchantFactory(), ProviderAccountFactory()):
        model = type(row)
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.filter(pk=row.pk).update(settlement_delay_days=days)
        for allowed in (0, 90):
            assert model.objects.filter(pk=row.pk).update(settlement_delay_days=allowed) == 1


def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_asked(maker, clock):
    account = ProviderAccountFactory()
    stranger = staff("odile", "view_merchant", "add_approvalrequest")

    for days, before in [("91", "0"), ("-1", "0"), ("", "0"), ("x", "0"), ("0", "0"), ("5", "4")]:
        answer = ask(maker, "provider_account", account, days, before)
        assert answer.status_code == 200, (days, before)
        assert answer.context_data["form"].errors
    assert ask(maker, "provider_account", account, "5", "0", reason=" ").status_code == 200
    assert ask(stranger, "provider_account", account, "5", "0").status_code == 403
    assert maker.get(page("bank", account)).status_code == 404
    assert maker.get(page("merchant", account)).status_code == 404
    assert not ApprovalRequest.objects.exists()


def test_what_changed_meanwhile_is_not_approved(maker, checker):
    merchant = MerchantFactory()
    ask(maker, "merchant", merchant, "3", "")
    Merchant.objects.filter(pk=merchant.pk).update(settlement_delay_days=9)

    decide(checker, ApprovalRequest.objects.get())

    merchant.refresh_from_db()
    assert merchant.settlement_delay_days == 9
    assert ApprovalRequest.objects.get().status == "pending"


@pytest.mark.parametrize("days", [91, -1, None, True, "3", 2.5])
def test_no_payload_goes_beyond_the_bounds(days):
    account = ProviderAccountFactory()
    said = {"owner": "provider_account", "owner_id": str(account.pk), "days": days}
    by = {"requested_by": "user:1", "approved_by": "user:2", "reason": "", "now": timezone.now()}

    with pytest.raises(SettlementDelayOutOfBounds):
        change_delay({**said, "days_before": 0}, **by)
    with pytest.raises(SettlementDelayChanged):
        change_delay({**said, "days": 0, "days_before": 0}, **by)

    assert ProviderAccount.objects.get(pk=account.pk).settlement_delay_days == 0


def test_staff_see_each_release_and_change_none(admin_client):
    merchant, account = MerchantFactory(), ProviderAccountFactory()
    now = timezone.now()
    release = Release.objects.create(
        merchant_id=merchant.pk,
        provider_account_id=account.pk,
        currency="XAF",
        livemode=False,
        amount=9_800,
        count=3,
        available_at=now,
        created_at=now,
    )
    pages = [
        reverse("admin:ledger_release_changelist"),
        reverse("admin:ledger_release_changelist") + f"?q={encode_id('rel', release.pk)}",
        reverse("admin:ledger_release_change", args=[release.pk]),
    ]

    for page_of_it in pages:
        html = admin_client.get(page_of_it).content.decode()
        assert merchant.name in html and account.label in html
    assert admin_client.post(pages[-1], {"amount": "1"}).status_code == 403
    assert admin_client.get(reverse("admin:ledger_release_add")).status_code == 403
    assert Release.objects.get().amount == 9_800
