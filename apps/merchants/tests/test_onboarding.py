"""Staff make a merchant and its first key; what the key's text is stands on one page, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.merchants.admin import MerchantAdmin
from apps.merchants.api_key_format import digest_of
from apps.merchants.models import ApiKey, Member, Merchant
from apps.merchants.scopes import MONEY_OUT, SECRET_KEY
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

KEY = {"livemode": "test", "label": "Shop"}


@pytest.fixture
def superuser():
    client = Client()
    client.force_login(User.objects.create_superuser("awa", "awa@lomi.example", "secret"))
    client.cookies["django_language"] = "en"
    return client


def make(client, **said):
    return client.post(
        reverse("admin:merchants_merchant_add"),
        {"name": "Boutique Awa", "country": "SN", "language": "fr", **said},
    )


def make_key(client, merchant, **said):
    return client.post(reverse("staff-new-api-key", args=[merchant.pk]), {**KEY, **said})


def text_of(page):
    return page.context["text"].split(">")[1].split("<")[0]


@pytest.mark.parametrize(
    ("country", "currency", "zone"),
    [("SN", "XOF", "Africa/Dakar"), ("CM", "XAF", "Africa/Douala")],
)
def test_a_merchant_is_made_in_its_countrys_currency_and_time(superuser, country, currency, zone):
    answer = make(superuser, country=country)

    merchant = Merchant.objects.get()
    assert answer.headers["Location"] == reverse(
        "admin:merchants_merchant_change", args=[merchant.pk]
    )
    assert (merchant.currency, merchant.timezone, merchant.is_active) == (currency, zone, True)
    assert AuditEntry.objects.get(action="merchant.add").target == merchant.public_id


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "\u200b\u2060"}, "name"),
        ({"country": "FR"}, "country"),
        ({"country": ""}, "country"),
        ({"language": "de"}, "language"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(superuser, said, field):
    page = make(superuser, **said)

    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]
    assert not Merchant.objects.exists()


def test_clicking_twice_makes_one_merchant(superuser):
    make(superuser)

    page = make(superuser, name="boutique AWA")

    assert Merchant.objects.get().public_id in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_make_one_merchant(superuser, monkeypatch):
    both = Barrier(2)
    save = MerchantAdmin.save_model

    def save_with_the_other(self, *args, **more):
        # The one that came first is alone: the other waits for it, and finds its merchant.
        with suppress(BrokenBarrierError):
            both.wait(timeout=0.5)
        save(self, *args, **more)

    monkeypatch.setattr(MerchantAdmin, "save_model", save_with_the_other)

    def click(_which):
        try:
            return make(superuser).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(click, range(2)))

    assert answers == [200, 302]
    assert Merchant.objects.count() == 1


def test_names_have_nothing_that_nobody_sees(superuser):
    make(superuser, name="Boutique \u202eAwa")
    merchant = Merchant.objects.get()

    make_key(superuser, merchant, label="Shop\u202e")
    again = make_key(superuser, merchant, label="\u2066Shop")

    assert merchant.name == "Boutique Awa"
    assert ApiKey.objects.get().label == "Shop"
    assert "label" in again.context["form"].errors


def test_the_first_keys_text_stands_on_one_page_once_and_nowhere_else(superuser):
    merchant = MerchantFactory()
    person = User.objects.create_user("fatou", "fatou@shop.example")
    Member.objects.create(
        merchant=merchant, user=person, role=Member.Role.OWNER, created_at=merchant.created_at
    )

    page = make_key(superuser, merchant, allowed_addresses="203.0.113.0/24\n2001:db8::/32")

    text = text_of(page)
    api_key = ApiKey.objects.get()
    assert bytes(api_key.digest) == digest_of(text)
    assert api_key.allowed_addresses == ["203.0.113.0/24", "2001:db8::/32"]
    assert page.headers["Cache-Control"] == "no-store"
    messages = str(list(OutboxMessage.objects.values_list("payload")))
    assert "merchants.email" in OutboxMessage.objects.values_list("topic", flat=True)
    assert text[20:40] not in messages + str(list(AuditEntry.objects.values_list("detail")))
    changed = superuser.get(reverse("admin:merchants_merchant_change", args=[merchant.pk]))
    assert "0 live, 1 test" in changed.content.decode()
    assert text[20:40] not in changed.content.decode()


def test_no_money_leaves_by_a_first_key_until_somebody_lets_it(superuser):
    make_key(superuser, MerchantFactory())

    api_key = ApiKey.objects.get()
    assert not api_key.livemode
    assert set(api_key.scopes) == set(SECRET_KEY)
    assert not set(api_key.scopes) & set(MONEY_OUT)


def test_clicking_twice_makes_one_key(superuser):
    merchant = MerchantFactory()
    make_key(superuser, merchant)

    page = make_key(superuser, merchant)

    assert "label" in page.context["form"].errors
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"livemode": "both"}, "livemode"),
        ({"label": ""}, "label"),
        ({"label": "\u2060"}, "label"),
        ({"allowed_addresses": "203.0.113.7/24"}, "allowed_addresses"),
        ({"allowed_addresses": "10.0.0.0/8\n" * 51 + "everywhere"}, "allowed_addresses"),
        ({"rotate_every_days": "0"}, "rotate_every_days"),
        ({"rotate_every_days": "366"}, "rotate_every_days"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_at_its_field(superuser, said, field):
    page = make_key(superuser, MerchantFactory(), **said)

    assert list(page.context["form"].errors) == [field]
    assert not ApiKey.objects.exists()


def test_a_disabled_merchant_gets_no_key(superuser):
    page = make_key(superuser, MerchantFactory(is_active=False))

    assert page.context["form"].errors
    assert not ApiKey.objects.exists()


def test_with_a_role_nobody_makes_a_merchant_or_a_key():
    person = User.objects.create_user("ola", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label="merchants"))
    client = Client()
    client.force_login(person)
    merchant = MerchantFactory()

    assert make(client).status_code == 403
    assert make_key(client, merchant).status_code == 403
    assert not ApiKey.objects.exists()
    assert Merchant.objects.get() == merchant
