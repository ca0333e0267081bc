"""Each way a key can be wrong has its own code; a good one may do what its scopes name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.request import Request

from apps.core import ttl_cache
from apps.merchants import scopes
from apps.merchants.api_key_format import new_key
from apps.merchants.authentication import ApiKeyAuthentication, needed_scopes
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.services.revoke_api_key import revoke_api_key
from tests.api.conftest import PAYMENTS, Shop, refusal
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

ME = "/api/v1/me"

# Well formed; nobody has it.
A_KEY = "lomi_sk_test_A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A13nycLW"


@pytest.fixture
def shop(db):
    return Shop()


def from_address(shop, address, **headers):
    return shop.client.get(
        ME, headers={"Authorization": f"Bearer {shop.key}", **headers}, REMOTE_ADDR=address
    )


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer lomi_sk_test_short",
        f"Bearer {A_KEY[:-1]}!",
        f"Basic {A_KEY}",
        A_KEY,
        f"Bearer  {A_KEY}",
        f"Bearer {A_KEY.replace('_sk_', '_pk_')}",
        "Bearer clé",
    ],
)
def test_a_malformed_key_is_refused_without_a_query(shop, header, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = shop.post(headers={"Authorization": header})

    assert refusal(answer)[:2] == (401, "api_key_malformed")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("place", range(len("lomi_sk_test_"), len(A_KEY)))
def test_a_key_with_one_letter_wrong_is_refused_without_a_query(
    shop, place, django_assert_num_queries
):
    letter = "a" if shop.key[place] != "a" else "b"
    shop.key = shop.key[:place] + letter + shop.key[place + 1 :]

    with django_assert_num_queries(0):
        assert refusal(shop.get(ME))[:2] == (401, "api_key_malformed")


def test_a_key_nobody_was_given_is_refused(shop):
    shop.key = new_key(livemode=False)

    answer = shop.get(ME)

    assert refusal(answer)[:2] == (401, "api_key_unknown")
    assert answer["WWW-Authenticate"] == 'Bearer realm="lomi", error="invalid_token"'


def test_a_key_unknown_a_moment_ago_is_good_once_it_is_made(shop, monkeypatch):
    key = new_key(livemode=False)
    shop.key, first = key, shop.key
    refused = shop.get(ME)
    monkeypatch.setattr("apps.merchants.services.create_api_key.new_key", lambda **_: key)
    Shop(shop.merchant)

    assert (refused.status_code, shop.get(ME).status_code) == (401, 200)
    assert first != key


def test_a_key_that_begins_like_a_good_one_costs_what_any_unknown_one_costs(shop):
    shares_much, shares_nothing = (
        new_key(livemode=False),
        new_key(kind=ApiKey.Kind.RESTRICTED, livemode=True),
    )
    ApiKey.objects.update(prefix=shares_much[:17])
    statements = []

    for key in (shares_much, shares_nothing):
        shop.key = key
        with CaptureQueriesContext(connection) as sent:
            assert refusal(shop.get(ME))[1] == "api_key_unknown"
        statements.append([query["sql"].partition("WHERE")[0] for query in sent])
        assert all("prefix" not in query["sql"].partition("WHERE")[2] for query in sent)

    assert statements[0] == statements[1]
    assert len(statements[0]) == 1


def test_a_revoked_key_is_refused(shop):
    revoke_api_key(api_key_id=shop.api_key.pk, actor="system", now=timezone.now())

    assert refusal(shop.post())[:2] == (401, "api_key_revoked")


def test_a_revocation_takes_effect_within_a_second_on_a_process_that_remembers_the_key(
    shop, monkeypatch
):
    seconds = 100.0
    monkeypatch.setattr(ttl_cache, "monotonic", lambda: seconds)
    assert shop.get(ME).status_code == 200
    # Another process revokes: nobody tells this one.
    revoke_api_key(api_key_id=shop.api_key.pk, actor="system", now=timezone.now())

    seconds += 1.0

    assert refusal(shop.get(ME))[:2] == (401, "api_key_revoked")


def test_a_key_ends_on_the_instant_though_it_is_remembered(clock, monkeypatch):
    monkeypatch.setattr(ttl_cache, "monotonic", lambda: 100.0)
    shop = Shop(expires_at=clock.now + timedelta(minutes=10))
    assert shop.get(ME).status_code == 200

    clock.advance(minutes=10, microseconds=-1)
    just_before = shop.get(ME).status_code
    clock.advance(microseconds=1)

    assert just_before == 200
    assert refusal(shop.get(ME))[:2] == (401, "api_key_expired")


def test_a_key_both_revoked_and_expired_is_revoked(clock):
    shop = Shop(expires_at=clock.now + timedelta(minutes=10))
    revoke_api_key(api_key_id=shop.api_key.pk, actor="system", now=clock.now)
    clock.advance(hours=1)

    assert refusal(shop.get(ME))[1] == "api_key_revoked"


def test_the_key_of_a_closed_merchant_is_refused():
    shop = Shop(MerchantFactory(is_active=False))

    answer = shop.get(ME)

    assert refusal(answer)[:2] == (403, "merchant_inactive")
    assert "WWW-Authenticate" not in answer


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("203.0.113.7", 200),
        ("203.0.114.7", 403),
        ("198.51.100.1", 200),
        ("198.51.100.2", 403),
        ("::ffff:203.0.113.7", 200),
        ("::ffff:203.0.114.7", 403),
        ("2001:db8::1", 200),
        ("2001:db9::1", 403),
        ("", 403),
    ],
)
def test_a_key_works_from_its_networks_only(address, status):
    shop = Shop(allowed_addresses=["203.0.113.0/24", "198.51.100.1/32", "2001:db8::/32"])

    answer = from_address(shop, address)

    assert answer.status_code == status
    if status == 403:
        assert refusal(answer)[1] == "address_not_allowed"
        shop.api_key.refresh_from_db()
        assert shop.api_key.last_used_at is None


def test_a_forwarded_address_counts_from_our_own_proxy_only(settings):
    shop = Shop(allowed_addresses=["203.0.113.0/24"])
    forwarded = {"X-Forwarded-For": "203.0.113.7"}

    forged = from_address(shop, "198.51.100.9", **forwarded)
    settings.TRUSTED_PROXIES = ["198.51.100.0/24"]
    proxied = from_address(shop, "198.51.100.9", **forwarded)

    assert (forged.status_code, proxied.status_code) == (403, 200)


def test_a_token_of_oauth_is_left_to_its_own_class():
    request = RequestFactory().get(ME, headers={"Authorization": "Bearer lomi_at_whatever"})

    assert ApiKeyAuthentication().authenticate(Request(request)) is None


def test_the_use_of_a_key_is_noted_once_a_minute(clock, shop):
    used = []
    for _ in range(3):
        shop.get(ME)
        used.append(ApiKey.objects.get().last_used_at)
        clock.advance(seconds=40)
        ttl_cache.clear_all()

    assert used[0] == used[1]
    assert (used[2] - used[0]).total_seconds() == 80


def api_views():
    """(path with ids filled in, view class) of everything under /api/v1/."""
    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern) != "api/v1/":
            continue
        for route in pattern.url_patterns:
            path = "".join(
                "key_00000000000000000000000000" if "<" in part else part
                for part in str(route.pattern).replace("<", "\0<").replace(">", ">\0").split("\0")
            )
            yield f"/api/v1/{path}", route.callback.view_class


def methods(view):
    return sorted({"get", "post", "put", "patch", "delete"} & set(dir(view)))


@pytest.mark.parametrize("held", scopes.ALL)
def test_a_restricted_key_opens_what_its_scope_names_and_nothing_else(db, held):
    shop = Shop(scopes=[held])
    wrong = []

    for path, view in api_views():
        for method in methods(view):
            needed = needed_scopes(view, method.upper())
            answer = shop.client.generic(
                method.upper(),
                path,
                b"{}",
                content_type="application/json",
                headers={"Authorization": f"Bearer {shop.key}", "Idempotency-Key": "walk"},
            )
            lacks = answer.status_code == 403 and b"scope_missing" in answer.content
            if answer.status_code >= 500 or lacks != bool(set(needed) - {held}):
                wrong.append((method, path, answer.status_code))

    assert wrong == []


def test_every_method_of_every_address_names_its_scope():
    walk = [(path, view, method.upper()) for path, view in api_views() for method in methods(view)]
    found = {(path, method): needed_scopes(view, method) for path, view, method in walk}

    assert len(found) > 10
    assert {scope for needed in found.values() for scope in needed} <= set(scopes.ALL)
    assert [path for path, view, method in walk if method not in view.scopes] == []
    # What every credential may ask, about itself.
    assert {path for (path, _), needed in found.items() if not needed} <= {
        ME,
        "/api/v1/api_keys/key_00000000000000000000000000/successor",
    }


def test_a_scope_is_named_and_offered_exactly_if_an_address_asks_for_it():
    asked = {
        scope
        for _, view in api_views()
        for method in methods(view)
        for scope in needed_scopes(view, method.upper())
    }
    named = {
        value
        for name, value in vars(scopes).items()
        if name.isupper() and isinstance(value, str) and value
    }

    assert asked == set(scopes.ALL) == named
    assert scopes.DESCRIPTIONS.keys() == asked


def test_of_every_scope_it_is_decided_whether_a_secret_key_is_made_with_it():
    assert set(scopes.SECRET_KEY).isdisjoint(scopes.MONEY_OUT)
    assert {*scopes.SECRET_KEY, *scopes.MONEY_OUT} == set(scopes.GRANTABLE)


def test_a_secret_key_does_not_get_what_came_after_it(shop):
    ApiKey.objects.update(scopes=["payments:read"])

    assert shop.get(ME).json()["credential"]["scopes"] == ["payments:read"]
    assert refusal(shop.get("/api/v1/refunds"))[:2] == (403, "scope_missing")
    assert refusal(shop.post({}, path="/api/v1/payouts"))[:2] == (403, "scope_missing")


@pytest.mark.parametrize("livemode", [False, True])
def test_a_caller_is_told_who_it_is(livemode, django_assert_max_num_queries):
    merchant = MerchantFactory(name="Boutique Wouri", language="fr")
    shop = Shop(merchant, livemode=livemode, scopes=["balance:read"])
    shop.get(ME)

    with django_assert_max_num_queries(1):
        answer = shop.get(ME)

    assert answer.json() == {
        "object": "me",
        "livemode": livemode,
        "mode": "live" if livemode else "test",
        "merchant": {
            "id": merchant.public_id,
            "object": "merchant",
            "name": "Boutique Wouri",
            "country": "CM",
            "currency": "XAF",
            "timezone": "Africa/Douala",
            "language": "fr",
        },
        "credential": {
            "id": shop.api_key.public_id,
            "kind": "restricted_key",
            "scopes": ["balance:read"],
            "expires_at": None,
        },
    }


def test_a_closed_merchant_is_let_in_again_within_a_second(shop, monkeypatch):
    seconds = 100.0
    monkeypatch.setattr(ttl_cache, "monotonic", lambda: seconds)
    Merchant.objects.update(is_active=False)
    refused = shop.get(ME).status_code
    Merchant.objects.update(is_active=True)

    seconds += 1.0

    assert (refused, shop.get(ME).status_code) == (403, 200)


def test_a_key_may_do_what_its_scopes_name_whatever_the_method():
    shop = Shop(scopes=["balance:read"])
    bearer = {"Authorization": f"Bearer {shop.key}"}

    assert shop.client.head(PAYMENTS, headers=bearer).status_code == 403
