"""Two people agree on a live key and on what it may do; its text is shown once, to who asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.access.services.widen_live_key import LiveKeyChanged
from apps.approvals.admin.shown import show_details
from apps.approvals.models import ApprovalRequest
from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.merchants.api_key_format import digest_of
from apps.merchants.models import ApiKey
from apps.merchants.scopes import MONEY_OUT, PAYOUTS_APPROVE, SECRET_KEY
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.revoke_api_key import revoke_api_key
from tests.access.two_people import approve, at_keyboard
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

LIVE = {"livemode": "live", "label": "Shop", "reason": "Their contract of today."}


def ask_for_key(client, merchant, **said):
    return client.post(reverse("staff-new-api-key", args=[merchant.pk]), {**LIVE, **said})


def show(client, key):
    return client.post(reverse("admin:merchants_apikey_show_key", args=[key.pk]))


def text_of(page):
    return page.context["text"].split(">")[1].split("<")[0]


def ask_to_widen(client, key, which="ask_money_out", **said):
    page = reverse(f"admin:merchants_apikey_{which}", args=[key.pk])
    shown = {"scopes": " ".join(sorted(key.scopes)), "reason": "As they asked."}
    return client.post(page, {**shown, **said})


@pytest.fixture
def live_key(db):
    return create_api_key(merchant=MerchantFactory(), livemode=True, now=timezone.now())[0]


def test_a_live_key_is_made_once_another_approved_and_shown_once_to_who_asked(
    client_of_awa, awa, chipo
):
    merchant = MerchantFactory()

    asked = ask_for_key(client_of_awa, merchant, rotate_every_days="90")
    assert asked.status_code == 302
    assert not ApiKey.objects.exists()
    approve(chipo)

    key = ApiKey.objects.get()
    assert (key.merchant, key.livemode, key.digest, key.prefix) == (merchant, True, None, "")
    assert set(key.scopes) == set(SECRET_KEY)
    assert show(at_keyboard(chipo), key).status_code == 403
    # A mere look makes nothing.
    client_of_awa.get(reverse("admin:merchants_apikey_show_key", args=[key.pk]))
    key.refresh_from_db()
    assert key.digest is None

    page = show(client_of_awa, key)

    text = text_of(page)
    key.refresh_from_db()
    assert bytes(key.digest) == digest_of(text)
    assert key.rotation_starts_at is not None
    assert page.headers["Cache-Control"] == "no-store"
    again = show(client_of_awa, key)
    assert again.status_code == 403
    kept = [
        *AuditEntry.objects.values_list("detail", flat=True),
        *ApprovalRequest.objects.values_list("payload", flat=True),
        *OutboxMessage.objects.values_list("payload", flat=True),
    ]
    assert text[20:40] not in str(kept)
    entry = AuditEntry.objects.get(action="api_key.create")
    assert (entry.actor, entry.detail["approved_by"]) == (f"user:{awa.pk}", f"user:{chipo.pk}")


def test_a_key_that_nobody_collected_for_a_day_is_shown_to_nobody(client_of_awa, chipo):
    ask_for_key(client_of_awa, MerchantFactory())
    approve(chipo)
    ApiKey.objects.update(created_at=timezone.now() - timedelta(hours=25))

    show(client_of_awa, key := ApiKey.objects.get())

    key.refresh_from_db()
    assert key.digest is None


def test_a_key_that_waits_is_revoked_by_one_person(client_of_awa, awa, chipo):
    ask_for_key(client_of_awa, MerchantFactory())
    approve(chipo)
    key = ApiKey.objects.get()

    revoke_api_key(api_key_id=key.pk, actor=f"user:{awa.pk}", now=timezone.now())
    show(client_of_awa, key)

    key.refresh_from_db()
    assert (key.status(now=timezone.now()), key.digest) == ("revoked", None)


@pytest.mark.parametrize("said", [{"reason": ""}, {"label": ""}, {"allowed_addresses": "here"}])
def test_what_is_wrong_is_said_and_nothing_is_asked_for(client_of_awa, said):
    page = ask_for_key(client_of_awa, MerchantFactory(), **said)

    assert page.context["form"].errors
    assert not ApprovalRequest.objects.exists()


def test_asking_twice_waits_once(client_of_awa, chipo):
    merchant = MerchantFactory()
    ask_for_key(client_of_awa, merchant)

    page = ask_for_key(client_of_awa, merchant)

    assert page.context["form"].errors
    approve(chipo)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("which", "given"), [("ask_money_out", set(MONEY_OUT)), ("ask_approval", {PAYOUTS_APPROVE})]
)
def test_a_live_key_is_widened_once_another_approved(client_of_awa, chipo, live_key, which, given):
    before = set(live_key.scopes)

    ask_to_widen(client_of_awa, live_key, which)
    live_key.refresh_from_db()
    assert set(live_key.scopes) == before
    shown = " ".join(show_details(ApprovalRequest.objects.get()))
    assert all(scope in shown for scope in given)
    approve(chipo)

    live_key.refresh_from_db()
    assert given <= set(live_key.scopes)


def test_what_changed_meanwhile_is_not_widened(client_of_awa, chipo, live_key):
    ask_to_widen(client_of_awa, live_key)
    ApiKey.objects.update(scopes=["balance:read"])

    with pytest.raises(LiveKeyChanged):
        approve(chipo)

    assert ApiKey.objects.get().scopes == ["balance:read"]


def test_what_could_not_be_done_is_refused_when_it_is_asked_for(client_of_awa, live_key):
    ApiKey.objects.update(scopes=["payouts:approve"])
    live_key.refresh_from_db()

    page = ask_to_widen(client_of_awa, live_key)

    assert page.context["form"].errors
    assert not ApprovalRequest.objects.exists()
