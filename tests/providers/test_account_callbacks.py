"""A provider with one address for all: what comes there is kept, and names what we ask about."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.work import outbox
from apps.providers import registry
from apps.providers.checked_connector import REFERENCES_MAX
from apps.providers.contract import CallbackRejected
from apps.providers.models import Callback
from apps.providers.rules.callback_address import ACCOUNT_TOKEN, account_callback_url
from apps.providers.rules.callback_headers import (
    COUNT_MAX,
    LENGTH_MAX,
    VALUE_LENGTH_MAX,
    kept_headers,
)
from apps.providers.services.named_references import named_references
from apps.providers.services.read_callback import read_callback
from apps.providers.services.store_callback import store_callback
from apps.vault.tokens import sign_token
from tests.fakes import FAKE, FakeConnector, FakeProvider, handle_callbacks, open_account, register
from tests.providers.rails import CREDENTIALS

REFERENCE = uuid.UUID("6f0d3a52-5b0f-4b57-9f0e-8f7f0a3f2d11")
BODY = json.dumps({"externalId": str(REFERENCE), "status": "SUCCESSFUL"}).encode()


@pytest.fixture
def account(db):
    credentials = {"base_url": "https://mtn.test", **CREDENTIALS["mtn_momo"]}
    account_id = uuid.uuid4()
    return open_account(
        id=account_id,
        connector="mtn_momo",
        credentials_encrypted=registry.encrypt_credentials(account_id, credentials),
    )


def stored(account, body=BODY, **changes):
    callback_id = store_callback(
        **{
            "connector": account.connector,
            "attempt_id": None,
            "provider_account_id": account.pk,
            "method": "POST",
            "content_type": "application/json",
            "body": body,
            "now": timezone.now(),
            **changes,
        }
    )
    return Callback.objects.get(pk=callback_id)


def path_of(account):
    return "/callbacks/" + account_callback_url(account).partition("/callbacks/")[2]


@pytest.mark.parametrize("method", ["post", "put"])
def test_what_comes_to_an_accounts_address_is_kept_and_names_its_reference(account, method):
    call = getattr(Client(), method)

    answer = call(path_of(account), BODY, content_type="application/json")

    callback = Callback.objects.get()
    assert answer.status_code == 200
    assert (callback.attempt_id, callback.provider_account_id) == (None, account.pk)
    assert callback.status == Callback.Status.RECEIVED
    assert named_references(callback) == [REFERENCE]


@pytest.mark.parametrize("purpose", ["callback", "payer_page", ACCOUNT_TOKEN])
def test_each_door_opens_to_its_own_token_alone(account, purpose):
    token = sign_token(purpose, account.pk)
    doors = {"callback": "/callbacks/mtn_momo/", ACCOUNT_TOKEN: "/callbacks/mtn_momo/account/"}

    for own, door in doors.items():
        answer = Client().post(door + token, BODY, content_type="application/json")

        assert answer.status_code == 200
        assert Callback.objects.exists() == (own == purpose)
        Callback.objects.all().delete()
    assert Client().get(path_of(account)).status_code == 405


def test_headers_are_kept_encrypted_and_only_those_that_are_read(account, monkeypatch):
    signs = replace(registry.PROFILES["mtn_momo"], callback_headers=("wave-signature",))
    monkeypatch.setitem(registry.PROFILES, "mtn_momo", signs)

    Client().post(
        path_of(account),
        BODY,
        content_type="application/json",
        headers={
            "Wave-Signature": "t=1,v1=abcdef",
            "User-Agent": "Provider/1",
            "Authorization": "Bearer a-secret",
            "Cookie": "sessionid=a-secret",
            "X-Other": "nobody reads it",
        },
    )

    callback = Callback.objects.get()
    request = read_callback(callback, connector_state={"any": "state"})
    assert request.headers == {
        "content-type": "application/json",
        "wave-signature": "t=1,v1=abcdef",
        "user-agent": "Provider/1",
    }
    assert (request.method, request.body) == ("POST", BODY)
    assert request.connector_state == {"any": "state"}
    assert b"abcdef" not in bytes(callback.headers_encrypted)


def test_a_callback_without_any_of_them_keeps_none(account):
    callback = stored(account)

    assert callback.headers_encrypted is None
    assert read_callback(callback, connector_state={}).headers == {
        "content-type": "application/json"
    }


def test_headers_are_bounded_in_number_and_bytes_and_what_is_read_goes_first():
    names = [f"x-{number}" for number in range(COUNT_MAX + 10)]
    many = kept_headers(dict.fromkeys(names, "v"), read=names)
    long = kept_headers({"X-Sign": "s" * (VALUE_LENGTH_MAX + 1), "Date": "d"}, read=["x-sign"])
    large = kept_headers(dict.fromkeys(names, "v" * VALUE_LENGTH_MAX), read=names)

    assert list(many) == names[:COUNT_MAX]
    assert long == {"date": "d"}
    assert 0 < sum(map(len, [*large, *large.values()])) <= LENGTH_MAX


@pytest.mark.parametrize(
    ("body", "references"),
    [
        (b'{"status":"SUCCESSFUL"}', []),
        (b'{"status":"SUCCESSFUL","externalId":"order-1"}', []),
        (b'{"status":"SUCCESSFUL","externalId":7}', []),
        (BODY.replace(b"6f0d3a52", b"6F0D3A52"), [REFERENCE]),
    ],
)
def test_what_names_no_reference_of_ours_names_none(account, body, references):
    assert named_references(stored(account, body)) == references


def test_what_cannot_be_from_the_provider_is_rejected(account):
    with pytest.raises(CallbackRejected, match="status resource"):
        named_references(stored(account, b"junk"))
    with pytest.raises(CallbackRejected, match="another provider"):
        named_references(stored(account, connector="orange_webpay"))
    with pytest.raises(CallbackRejected, match="no such account"):
        named_references(stored(account, provider_account_id=uuid.uuid4()))


def test_a_connector_may_name_only_so_many_and_only_references(db, monkeypatch):
    register(monkeypatch, {FAKE: (FakeProvider(), FakeConnector)})
    many = [uuid.uuid4() for _ in range(REFERENCES_MAX + 5)]
    named = [many[0], "not a reference", *many]
    monkeypatch.setattr(FakeConnector, "parse_callback", lambda self, callback: named)

    assert named_references(stored(open_account())) == many[:REFERENCES_MAX]


def test_one_of_an_attempt_names_nothing(account):
    assert named_references(stored(account, attempt_id=uuid.uuid4(), provider_account_id=None)) == (
        ()
    )


def test_what_names_no_attempt_yet_keeps_no_other_callback_back(account):
    stored(account)
    other = stored(account, attempt_id=uuid.uuid4(), provider_account_id=None)
    now = timezone.now()

    handle_callbacks(outbox.claim("callback.received", limit=10, now=now, done=[]), now)

    other.refresh_from_db()
    assert other.note == "no such attempt"
    assert not Callback.objects.filter(handled_at=None).exists()
