"""Staff see what keys may do and when they end, never what opens with them."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.merchants.models import ApiKey, DelegatedObject, Member
from apps.merchants.scopes import ALL, BY_STAFF_ALONE, CAME_LATER, SECRET_KEY
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.rotate_due_keys import rotate_due_keys
from tests.admin.conftest import acts
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser():
    client = Client()
    client.force_login(User.objects.create_superuser("awa", "awa@lomi.example", "secret"))
    client.cookies["django_language"] = "en"
    return client


def test_a_keys_page_shows_its_rights_and_neither_text_nor_hash(superuser):
    api_key, text = create_api_key(
        merchant=MerchantFactory(),
        livemode=False,
        kind=ApiKey.Kind.RESTRICTED,
        scopes=["balance:read"],
        allowed_addresses=["203.0.113.0/24"],
        now=timezone.now(),
    )

    pages = [
        superuser.get(reverse("admin:merchants_apikey_change", args=[api_key.pk])),
        superuser.get(reverse("admin:merchants_apikey_changelist"), {"q": api_key.public_id}),
    ]

    html = "".join(page.content.decode() for page in pages)
    assert "203.0.113.0/24" in html
    assert "balance:read" in html
    assert api_key.prefix in html
    assert text not in html
    assert text[20:40] not in html
    assert bytes(api_key.digest).hex() not in html


def test_a_successor_that_waits_has_a_page_of_its_own(superuser):
    merchant, now = MerchantFactory(), timezone.now()
    create_api_key(merchant=merchant, livemode=False, rotate_every_days=90, now=now)
    rotate_due_keys(now=now + timedelta(days=83))
    waiting = ApiKey.objects.get(digest=None)

    page = superuser.get(reverse("admin:merchants_apikey_change", args=[waiting.pk]))

    assert page.status_code == 200
    assert waiting.public_id in page.content.decode()


def test_a_member_is_told_by_e_mail_or_not_and_removed_with_a_trace(superuser):
    merchant, user = MerchantFactory(), User.objects.create_user("binta")
    member = Member.objects.create(
        merchant=merchant, user=user, role="finance", created_at=timezone.now()
    )

    superuser.post(reverse("admin:merchants_member_change", args=[member.pk]), {"role": "owner"})
    changed = Member.objects.get()
    superuser.post(reverse("admin:merchants_member_delete", args=[member.pk]), {"post": "yes"})

    assert (changed.role, changed.is_notified) == ("finance", False)
    assert not Member.objects.exists()
    actions = [entry.action for entry in acts().order_by("id")]
    assert actions == ["member.change", "member.delete"]


def test_keys_made_before_kinds_keep_exactly_what_they_had():
    step = import_module("apps.merchants.migrations.0003_keys_with_few_scopes_are_restricted")
    few, all_of_them = (
        create_api_key(merchant=MerchantFactory(), livemode=False, now=timezone.now())[0]
        for _ in range(2)
    )
    before = ["payments:read", "payments:write", "balance:read"]
    ApiKey.objects.filter(pk=few.pk).update(scopes=["payments:read"])
    ApiKey.objects.filter(pk=all_of_them.pk).update(scopes=before)

    with connection.cursor() as cursor:
        for operation in step.Migration.operations * 2:
            cursor.execute(operation.sql)

    assert ApiKey.objects.get(pk=few.pk).scopes == ["payments:read"]
    assert ApiKey.objects.get(pk=all_of_them.pk).kind == ApiKey.Kind.SECRET


def test_keys_made_before_refunds_and_payouts_do_not_send_money_out():
    step = import_module("apps.merchants.migrations.0007_keys_hold_what_they_were_made_with")
    merchant, now = MerchantFactory(), timezone.now()

    def made(*scopes, kind=ApiKey.Kind.SECRET):
        return create_api_key(merchant=merchant, livemode=False, kind=kind, scopes=scopes, now=now)[
            0
        ]

    first_of_all = made("payments:read", "payments:write", "balance:read")
    first = [one for one in SECRET_KEY if one not in CAME_LATER]
    before_refunds = made(*first)
    with_refunds = made(*first, "refunds:read", "refunds:write")
    restricted = made("payments:read", kind=ApiKey.Kind.RESTRICTED)
    changed_later = []

    with connection.cursor() as cursor:
        for operation in step.Migration.operations * 2:
            cursor.execute(operation.sql)
            changed_later.append(cursor.rowcount)

    held = {key.pk: set(key.scopes) for key in ApiKey.objects.all()}
    assert held == {
        first_of_all.pk: set(first),
        before_refunds.pk: set(first),
        with_refunds.pk: {*first, "refunds:read", "refunds:write"},
        restricted.pk: {"payments:read"},
    }
    assert changed_later == [1, 0]


def test_staff_let_a_key_send_money_out_and_everybody_hears_of_it(superuser):
    merchant, now = MerchantFactory(), timezone.now()
    key, _text = create_api_key(merchant=merchant, livemode=False, now=now)
    of_application, _text = create_api_key(merchant=merchant, livemode=False, now=now)
    DelegatedObject.objects.create(
        object_id=of_application.pk,
        kind=DelegatedObject.Kind.API_KEY,
        application_id=merchant.pk,
        grant_id=merchant.pk,
        scopes=of_application.scopes,
        created_at=now,
    )
    ended, _text = create_api_key(merchant=merchant, livemode=False, expires_at=now, now=now)
    chosen = [str(one.pk) for one in (key, of_application, ended)]

    for _ in range(2):
        page = superuser.post(
            reverse("admin:merchants_apikey_changelist"),
            {"action": "let_money_out", "_selected_action": chosen},
            follow=True,
        )

    assert set(ApiKey.objects.get(pk=key.pk).scopes) == set(ALL) - set(BY_STAFF_ALONE)
    assert ApiKey.objects.get(pk=of_application.pk).scopes == list(SECRET_KEY)
    assert ApiKey.objects.get(pk=ended.pk).scopes == list(SECRET_KEY)
    assert "a consent says what it may do" in page.content.decode()
    recorded = acts().filter(action="api_key.allow_money_out")
    assert [entry.target for entry in recorded] == [key.public_id]
    told = OutboxMessage.objects.filter(topic="event.announce")
    assert [message.payload["type"] for message in told] == ["api_key.updated"]


@pytest.mark.parametrize("made", ["payouts:write", "refunds:write"])
def test_staff_let_a_key_approve_and_never_one_that_makes_what_is_approved(superuser, made):
    merchant, now = MerchantFactory(), timezone.now()
    key, maker = (
        create_api_key(merchant=merchant, livemode=False, scopes=scopes, now=now)[0]
        for scopes in (["balance:read"], [made])
    )
    chosen = {"_selected_action": [str(key.pk), str(maker.pk)]}
    keys = reverse("admin:merchants_apikey_changelist")

    page = superuser.post(keys, {"action": "let_approve", **chosen}, follow=True)

    approver = ApiKey.objects.get(pk=key.pk)
    assert approver.scopes == ["balance:read", "payouts:approve", "payouts:read"]
    assert ApiKey.objects.get(pk=maker.pk).scopes == [made]
    assert "another key has to approve them" in page.content.decode()
    assert acts().filter(action="api_key.allow_approval").count() == 1

    page = superuser.post(keys, {"action": "let_money_out", **chosen}, follow=True)

    assert ApiKey.objects.get(pk=key.pk).scopes == approver.scopes
    assert "approves payouts and refunds makes none" in page.content.decode()
