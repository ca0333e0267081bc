"""Making, changing and revoking keys by API: a key never gives more than it has."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from apps.core.ttl_cache import clear_all
from apps.merchants import scopes
from apps.merchants.models import ApiKey
from apps.merchants.services import grant_api_key
from tests.api.conftest import Shop, refusal
from tests.factories import MerchantFactory
from tests.leaks import leaking_columns
from tests.tries import examples

pytestmark = pytest.mark.django_db

KEYS = "/api/v1/api_keys"
RESTRICTED = {"kind": "restricted", "scopes": ["payments:read"]}
SUBSETS = st.sets(st.sampled_from(scopes.GRANTABLE), min_size=1).map(sorted)


@pytest.fixture
def shop(db):
    return Shop()


def allowing(addresses):
    return {**RESTRICTED, "allowed_addresses": addresses}


def ending(instant):
    return {**RESTRICTED, "expires_at": instant}


def make(shop, *, key=None, **body):
    return shop.post(body, path=KEYS, key=key)


def change(shop, key_id, **body):
    return send(shop, "patch", key_id, body)


def send(shop, method, key_id, body=None):
    clear_all()
    return shop.client.generic(
        method.upper(),
        f"{KEYS}/{key_id}",
        json.dumps(body or {}).encode(),
        content_type="application/json",
        headers={"Authorization": f"Bearer {shop.key}"},
    )


def as_holder_of(secret):
    """Somebody who calls with this key."""
    holder = Shop(MerchantFactory())
    holder.key = secret
    return holder


def told():
    """Types of the events promised, oldest first."""
    messages = OutboxMessage.objects.filter(topic="event.announce").order_by("id")
    return [message.payload["type"] for message in messages]


def test_a_new_key_works_and_its_secret_is_shown_once(shop):
    answer = make(shop, **RESTRICTED, label="Till", allowed_addresses=["127.0.0.1"])

    body = answer.json()
    assert answer.status_code == 201
    assert body["secret"].startswith("lomi_rk_test_")
    assert body["prefix"] == body["secret"][:17]
    assert body["allowed_addresses"] == ["127.0.0.1/32"]
    assert (body["status"], body["scopes"]) == ("active", ["payments:read"])
    me = as_holder_of(body["secret"]).get("/api/v1/me").json()
    assert me["merchant"]["id"] == shop.merchant.public_id
    assert me["credential"]["id"] == body["id"]
    shown = shop.get(f"{KEYS}/{body['id']}").json()
    assert shown.keys() == body.keys() - {"secret"}
    assert body["secret"] not in shop.get(KEYS).content.decode()


def test_a_secret_key_is_made_without_what_sends_money_out(shop):
    answer = make(shop, kind="secret")

    assert answer.json()["scopes"] == sorted(set(scopes.GRANTABLE) - set(scopes.MONEY_OUT))
    assert answer.json()["secret"].startswith("lomi_sk_test_")


def test_the_text_of_a_key_is_nowhere_in_the_database(shop):
    made = make(shop, **RESTRICTED).json()
    rotated = shop.post({}, path=f"{KEYS}/{made['id']}/rotate").json()
    texts = [shop.key, made["secret"], rotated["secret"]]

    with connection.cursor() as cursor:
        assert leaking_columns(cursor, [*texts, *(text[20:] for text in texts)]) == []


def test_a_repeated_request_shows_the_same_secret_and_makes_no_second_key(shop):
    first = make(shop, key="once", **RESTRICTED)

    again = make(shop, key="once", **RESTRICTED)

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert ApiKey.objects.count() == 2


def test_another_key_of_the_merchant_is_not_shown_the_secret_again(shop):
    first = make(shop, key="once", **RESTRICTED)
    other = Shop(shop.merchant, scopes=["api_keys:write"])

    answer = make(other, key="once", **RESTRICTED)

    assert refusal(answer)[:2] == (409, "idempotency_key_of_another")
    assert first.json()["secret"].encode() not in answer.content


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "required", "kind"),
        ({"kind": "public"}, "invalid_choice", "kind"),
        ({"kind": "restricted"}, "required", "scopes"),
        ({"kind": "secret", "scopes": ["payments:read"]}, "scopes_fixed", "scopes"),
        ({**RESTRICTED, "scopes": []}, "empty", "scopes"),
        ({**RESTRICTED, "scopes": "payments:read"}, "not_a_list", "scopes"),
        ({**RESTRICTED, "scopes": ["everything"]}, "unknown_scope", "scopes"),
        ({**RESTRICTED, "scopes": [["x"]]}, "unknown_scope", "scopes"),
        ({**RESTRICTED, "scopes": ["payments:read"] * 2}, "unknown_scope", "scopes"),
        ({**RESTRICTED, "scopes": ["batches:write"]}, "unknown_scope", "scopes"),
        ({**RESTRICTED, "label": "x" * 61}, "max_length", "label"),
        ({**RESTRICTED, "label": 7}, "not_text", "label"),
        (allowing("::/0"), "not_a_list", "allowed_addresses"),
        (allowing(["::"] * 51), "too_many", "allowed_addresses"),
        (allowing(["10.0.0.1/8"]), "invalid_network", "allowed_addresses"),
        (allowing(["shop.example"]), "invalid_network", "allowed_addresses"),
        (allowing([7]), "invalid_network", "allowed_addresses"),
        (allowing(["::ffff:1.2.3.4"]), "invalid_network", "allowed_addresses"),
        (allowing(["fe80::1%eth0"]), "invalid_network", "allowed_addresses"),
        (ending("tomorrow"), "invalid_instant", "expires_at"),
        (ending("2030-01-01T00:00:00"), "invalid_instant", "expires_at"),
        (ending(7), "invalid_instant", "expires_at"),
        (ending("9999-12-31T23:59:59-12:00"), "invalid_instant", "expires_at"),
        (ending("2020-01-01T00:00:00Z"), "expires_at_past", "expires_at"),
        ({**RESTRICTED, "rotate_every_days": 0}, "interval_out_of_range", "rotate_every_days"),
        ({**RESTRICTED, "rotate_every_days": 366}, "interval_out_of_range", "rotate_every_days"),
        ({**RESTRICTED, "rotate_every_days": True}, "interval_out_of_range", "rotate_every_days"),
        ({**RESTRICTED, "rotate_every_days": "90"}, "interval_out_of_range", "rotate_every_days"),
        ({**RESTRICTED, "livemode": True}, "unknown_field", "livemode"),
    ],
)
def test_a_bad_field_is_named_with_its_own_code_and_no_key_is_made(shop, body, code, field):
    answer = make(shop, **body)

    assert refusal(answer)[1:] == (code, field)
    assert answer.status_code in {400, 422}
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("livemode", [False, True])
def test_a_key_makes_keys_of_its_own_mode(livemode):
    shop = Shop(livemode=livemode)

    body = make(shop, **RESTRICTED).json()

    assert body["livemode"] is livemode
    assert f"_{'live' if livemode else 'test'}_" in body["secret"]


@settings(
    max_examples=examples(12),
)
@given(held=SUBSETS, wanted=SUBSETS)
def test_a_key_gives_no_scope_that_it_lacks(db, held, wanted):
    giver = Shop(scopes=[*{*held, "api_keys:write"}])

    made = make(giver, kind="restricted", scopes=wanted)
    secret = make(giver, kind="secret")
    other = Shop(giver.merchant, scopes=["balance:read"])
    changed = change(giver, other.api_key.public_id, scopes=wanted)

    may = set(wanted) <= {*held, "api_keys:write"}
    assert (made.status_code == 201) == may
    needed = set(scopes.SECRET_KEY) - set(scopes.CAME_LATER)
    assert (secret.status_code == 201) == (needed <= {*held, "api_keys:write"})
    if secret.status_code == 201:
        assert set(secret.json()["scopes"]) <= {*held, "api_keys:write"}
    # What the other key has already is not given.
    assert (changed.status_code == 200) == (
        set(wanted) <= {*held, "api_keys:write", "balance:read"}
    )
    for answer in (made, secret, changed):
        if answer.status_code >= 400:
            assert refusal(answer)[:2] == (403, "scope_not_grantable")
    given_away = {
        scope
        for key in ApiKey.objects.filter(merchant=giver.merchant).exclude(pk=giver.api_key.pk)
        for scope in key.scopes
    }
    assert given_away <= {*held, "api_keys:write", "balance:read"}


def test_a_weak_key_cannot_rotate_a_strong_one_into_its_own_hands(shop):
    weak = Shop(shop.merchant, scopes=["api_keys:write"])

    answer = weak.post({}, path=f"{KEYS}/{shop.api_key.public_id}/rotate")

    assert refusal(answer)[:2] == (403, "scope_not_grantable")
    assert ApiKey.objects.count() == 2


def test_a_key_without_the_scope_for_it_makes_no_key():
    shop = Shop(scopes=["payments:write", "api_keys:read"])

    assert refusal(make(shop, **RESTRICTED))[1] == "scope_missing"


def test_a_key_that_ends_makes_no_key_that_outlives_it(clock):
    shop = Shop(expires_at=clock.now + timedelta(days=1))
    until = shop.api_key.expires_at

    for_ever = make(shop, **RESTRICTED)
    longer = make(shop, **RESTRICTED, expires_at=(until + timedelta(seconds=1)).isoformat())
    as_long = make(shop, **RESTRICTED, expires_at=until.isoformat())

    assert refusal(for_ever) == (403, "expiry_not_grantable", "expires_at")
    assert refusal(longer) == (403, "expiry_not_grantable", "expires_at")
    assert as_long.status_code == 201


@pytest.mark.parametrize("expires_at", [None, "2027-01-01T00:00:00Z"])
def test_a_key_cannot_lengthen_its_own_life(clock, expires_at):
    shop = Shop(expires_at=clock.now + timedelta(days=1))

    answer = change(shop, shop.api_key.public_id, expires_at=expires_at)

    shop.api_key.refresh_from_db()
    assert refusal(answer)[:2] == (403, "expiry_not_grantable")
    assert shop.api_key.expires_at == clock.now + timedelta(days=1)


def test_a_key_may_shorten_its_own_life_and_a_lasting_one_may_lengthen_another(clock):
    shop, lasting = Shop(expires_at=clock.now + timedelta(days=9)), None
    lasting = Shop(shop.merchant)
    sooner, later = clock.now + timedelta(days=5), clock.now + timedelta(days=50)

    shortened = change(shop, shop.api_key.public_id, expires_at=sooner.isoformat())
    lengthened = change(lasting, shop.api_key.public_id, expires_at=later.isoformat())

    assert shortened.json()["expires_at"] == sooner.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )
    assert lengthened.status_code == 200
    shop.api_key.refresh_from_db()
    assert shop.api_key.expires_at == later


NETWORKS = st.sampled_from(
    ["127.0.0.0/8", "127.0.0.0/24", "127.0.0.1/32", "10.0.0.0/8", "0.0.0.0/0", "::/0", "::1/128"]
)


@settings(
    max_examples=examples(8),
)
@given(
    held=st.lists(NETWORKS, max_size=2, unique=True),
    wanted=st.lists(NETWORKS, max_size=2, unique=True),
)
def test_a_key_opens_no_address_that_is_closed_to_it(db, held, wanted):
    own = [*held, "127.0.0.1/32"] if held else []
    giver = Shop(allowed_addresses=own)

    answer = make(giver, **RESTRICTED, allowed_addresses=wanted)

    within = not own or (
        bool(wanted)
        and all(
            any(
                ip_network(one).version == ip_network(mine).version
                and ip_network(one).subnet_of(ip_network(mine))
                for mine in own
            )
            for one in wanted
        )
    )
    assert (answer.status_code == 201) == within
    if not within:
        assert refusal(answer)[:2] == (403, "address_not_grantable")


def test_a_key_cannot_open_itself_to_more_addresses():
    shop = Shop(allowed_addresses=["127.0.0.0/8"])

    answer = change(shop, shop.api_key.public_id, allowed_addresses=[])

    assert refusal(answer)[:2] == (403, "address_not_grantable")


def test_a_change_takes_effect_and_is_told_and_recorded(shop):
    other = Shop(shop.merchant, scopes=["balance:read"])
    other.get("/api/v1/balance")

    answer = change(
        shop, other.api_key.public_id, label="Accounts", scopes=["payments:read"],
        rotate_every_days=90,
    )  # fmt: skip

    assert answer.status_code == 200
    assert (answer.json()["label"], answer.json()["scopes"]) == ("Accounts", ["payments:read"])
    assert refusal(other.get("/api/v1/balance"))[1] == "scope_missing"
    assert told() == ["api_key.updated"]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("api_key.change", other.api_key.public_id)
    assert entry.actor == f"secret_key:{shop.api_key.public_id}"
    assert entry.detail["changed"] == ["label", "rotate_every_days", "scopes"]


def test_a_change_of_nothing_is_not_told(shop):
    assert change(shop, shop.api_key.public_id, label="", expires_at=None).status_code == 200

    assert told() == []
    assert not AuditEntry.objects.exists()


def test_the_scopes_of_a_secret_key_stay(shop):
    answer = change(shop, shop.api_key.public_id, scopes=["payments:read"])

    assert refusal(answer) == (422, "scopes_fixed", "scopes")


def test_a_revoked_key_is_not_changed(shop):
    other = Shop(shop.merchant)
    send(shop, "delete", other.api_key.public_id)

    assert refusal(change(shop, other.api_key.public_id, label="x"))[:2] == (
        409,
        "api_key_not_active",
    )


def test_revoking_is_told_and_recorded_once(shop):
    other = Shop(shop.merchant)

    first = send(shop, "delete", other.api_key.public_id)
    again = send(shop, "delete", other.api_key.public_id)

    assert first.json()["status"] == "revoked"
    assert again.json()["revoked_at"] == first.json()["revoked_at"]
    assert refusal(other.get("/api/v1/me"))[1] == "api_key_revoked"
    assert told() == ["api_key.revoked"]
    assert [entry.action for entry in AuditEntry.objects.all()] == ["api_key.revoke"]


def test_making_a_key_is_told_and_recorded_without_its_secret(shop):
    body = make(shop, **RESTRICTED).json()

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("api_key.create", body["id"])
    assert told() == ["api_key.created"]
    message = OutboxMessage.objects.get()
    data = json.loads(message.payload["data"])
    assert message.payload["merchant_id"] == str(shop.merchant.pk)
    assert data.keys() == body.keys() - {"secret"}
    assert data["id"] == body["id"]


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_another_merchants_key_is_not_found(shop, method):
    stranger = Shop()

    answer = send(shop, method, stranger.api_key.public_id)

    assert refusal(answer)[:2] == (404, "api_key_not_found")
    stranger.api_key.refresh_from_db()
    assert stranger.api_key.revoked_at is None


@pytest.mark.parametrize("action", ["rotate", "successor"])
def test_another_merchants_key_is_not_rotated(shop, action):
    stranger = Shop()

    answer = shop.post({}, path=f"{KEYS}/{stranger.api_key.public_id}/{action}")

    assert refusal(answer)[:2] == (404, "api_key_not_found")


def test_a_key_of_the_other_mode_is_said_to_be_so(shop):
    live = Shop(shop.merchant, livemode=True)

    assert refusal(send(shop, "delete", live.api_key.public_id))[:2] == (404, "wrong_mode")


@pytest.mark.parametrize("key_id", ["key_1", "pay_00000000000000000000000000", "x" * 500])
def test_an_id_that_is_none_is_not_found(shop, key_id):
    assert refusal(send(shop, "get", key_id))[:2] == (404, "api_key_not_found")
    assert refusal(shop.post({}, path=f"{KEYS}/{key_id}/rotate"))[:2] == (
        404,
        "api_key_not_found",
    )


def test_the_list_shows_the_callers_mode_newest_first_and_filters_by_status(clock, shop):
    Shop(shop.merchant, livemode=True)
    Shop()
    ended = Shop(shop.merchant, expires_at=clock.now + timedelta(hours=1))
    revoked = Shop(shop.merchant)
    send(shop, "delete", revoked.api_key.public_id)
    clock.advance(hours=2)

    def ids(**query):
        return [key["id"] for key in shop.get(KEYS, **query).json()["data"]]

    everything = [one.api_key.public_id for one in (revoked, ended, shop)]
    assert ids() == everything
    assert ids(status="active") == everything[2:]
    assert ids(status="expired,revoked") == everything[:2]
    assert ids(status="waiting") == []
    assert ids(limit=1, starting_after=everything[0]) == [everything[1]]
    assert refusal(shop.get(KEYS, status="dead"))[1] == "invalid_parameter"
    assert refusal(shop.get(KEYS, state="dead"))[1] == "unknown_parameter"


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_one_statement_whatever_its_length(shop, count):
    for _ in range(count):
        Shop(shop.merchant)
    shop.get("/api/v1/me")

    with CaptureQueriesContext(connection) as sent:
        shop.get(KEYS, limit=50)

    assert len(sent) == 1


def test_there_is_a_limit_of_living_keys_in_each_mode(shop, monkeypatch):
    monkeypatch.setattr(grant_api_key, "KEYS_MAX", 3)
    Shop(shop.merchant, livemode=True)
    revoked = make(shop, **RESTRICTED).json()["id"]
    make(shop, **RESTRICTED)

    one_too_many = make(shop, **RESTRICTED)
    send(shop, "delete", revoked)
    after = make(shop, **RESTRICTED)

    assert refusal(one_too_many)[:2] == (422, "too_many_api_keys")
    assert after.status_code == 201


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_requests_at_the_same_time(monkeypatch):
    shop = Shop()
    monkeypatch.setattr(grant_api_key, "KEYS_MAX", 5)

    def one(_):
        try:
            return Shop.post(shop, RESTRICTED, path=KEYS, key=str(uuid.uuid4())).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(16)))

    assert sorted(answers) == [201] * 4 + [422] * 12
    assert ApiKey.objects.count() == 5


def test_an_end_is_kept_to_the_microsecond_and_shown_in_utc(shop):
    answer = make(shop, **RESTRICTED, expires_at="2030-01-01T01:00:00.5+01:00")

    made = ApiKey.objects.get(label="", kind="restricted")
    assert made.expires_at == datetime(2030, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    assert answer.json()["expires_at"] == "2030-01-01T00:00:00.500Z"
