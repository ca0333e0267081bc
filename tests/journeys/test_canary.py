"""Secrets that went through the real processes are in no log, queue, cache, column or dump."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import stat
import uuid
from urllib.parse import quote, urlsplit

import psycopg
import pytest
import redis
import requests

from tests.leaks import leaking_columns, leaking_keys

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(900),
]

TOKEN_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
# One payer, as people and programs write the number.
PHONES = [
    "237677345678",
    "+237677345678",
    "+237 677 34 56 78",
    "00237677345678",
    "237-677-345-678",
    "6 77 34 56 78",
    "677345678",
]
CERTIFICATE = "MIIBCANARYcanaryCANARYcanaryCANARYcanary0123456789"


def token():
    return "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(52))


@pytest.fixture(scope="module")
def canaries(platform):
    """Everything is done once with each secret, by every door; name -> the secret."""
    web, realtime = platform.stack.urls.web, platform.stack.urls.realtime
    merchant = platform.cameroon
    key = {"Authorization": f"Bearer {merchant['api_key']}"}
    birds = {
        "api key": merchant["api_key"],
        "webhook secret": merchant["webhook_secret"],
        "callback token": token(),
        "payer page token": token(),
        "password": f"canary-{secrets.token_hex(8)}",
        "wrong client secret": f"lomi_cs_{secrets.token_hex(19)}",
        "code": f"canary{secrets.token_hex(12)}",
        "certificate": CERTIFICATE,
        "session": secrets.token_hex(16),
        "malformed key": f"lomi_sk_live_{secrets.token_hex(12)}",
        "ticket of nobody": f"rtt_{secrets.token_urlsafe(32)}",
    }
    birds |= {f"phone {number}": phone for number, phone in enumerate(PHONES)}

    payment = platform.pay(merchant, PHONES[5])
    assert platform.shop.wait_for(payment["id"], "payment.succeeded")
    # The same number once more, as a payee's.
    payout = platform.send(merchant, PHONES[5])
    assert platform.shop.wait_for(payout["id"], "payout.succeeded")
    made = requests.post(
        f"{web}/api/v1/oauth_applications",
        json={"name": "Canary", "scopes": ["payments:read"], "redirect_uris": []},
        headers={**key, "Idempotency-Key": str(uuid.uuid4())},
        timeout=120,
    )
    assert made.status_code == 201, made.text
    birds["client secret"] = made.json()["client_secret"]
    granted = requests.post(
        f"{web}/oauth/token",
        data={"grant_type": "client_credentials", "client_id": made.json()["client_id"]}
        | {"client_secret": birds["client secret"]},
        timeout=120,
    )
    assert granted.status_code == 200, granted.text
    birds["access token"] = granted.json()["access_token"]
    bought = requests.post(
        f"{web}/api/v1/realtime/tickets",
        json={},
        headers={**key, "Idempotency-Key": str(uuid.uuid4())},
        timeout=120,
    )
    assert bought.status_code == 201, bought.text
    birds["ticket"] = bought.json()["ticket"]

    query = "&".join(f"x={quote(bird)}" for bird in birds.values())
    paths = [
        f"/callbacks/mtn_momo/{birds['callback token']}",
        f"/pay/{birds['payer page token']}",
        f"/pay/{birds['payer page token']}/stream",
        f"/api/v1/payments/{birds['access token']}",
        f"/api/v1/payments/{payment['id']}",
        f"/api/v1/events/stream?ticket={birds['ticket of nobody']}",
        "/api/v1/payments",
        "/oauth/authorize",
        "/login",
        "/admin/",
        f"/admin/payments/payment/{quote(PHONES[0])}/change/",
        f"/{quote(PHONES[2])}",
        "/nothing",
    ]
    headers = [
        {"Authorization": f"Bearer {birds['malformed key']}"},
        {"Authorization": f"Bearer {birds['access token']}"},
        {"Cookie": f"sessionid={birds['session']}; csrftoken={birds['code']}"},
        {"X-Client-Certificate": f"-----BEGIN CERTIFICATE-----{CERTIFICATE}"},
        {"Origin": f"https://{birds['code']}.example", "Host": birds["code"] + "_"},
    ]
    form = {"username": birds["code"], "password": birds["password"], "code": birds["code"]} | {
        "client_secret": birds["wrong client secret"],
        "grant_type": "authorization_code",
    }
    for base in (web, realtime):
        for path in paths:
            address = f"{path}{'&' if '?' in path else '?'}{query}"
            for each in headers:
                ask(base, "GET", address, each)
            ask(base, "POST", address, {**headers[2], "Content-Type": FORM}, encoded(form))
            ask(
                base,
                "POST",
                address,
                {"Content-Type": "application/json"},
                b'{"x": ' + address.encode(),
            )
    for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/login", "/admin/login/"):
        requests.post(f"{web}{path}?{query}", data=form, timeout=120)
    return birds


FORM = "application/x-www-form-urlencoded"


def encoded(form):
    return "&".join(f"{name}={quote(value)}" for name, value in form.items()).encode()


def ask(base, method, address, headers, body=None):
    """Whatever is answered: only what is written down about it matters."""
    where = urlsplit(base)
    line = http.client.HTTPConnection(where.hostname, where.port, timeout=120)
    with contextlib.closing(line), contextlib.suppress(http.client.HTTPException, TimeoutError):
        line.request(method, address, body, headers)
        line.getresponse().read(1_000)


def writings(birds):
    """Each as it may be written down."""
    return {name: {bird, quote(bird), quote(bird, safe="")} for name, bird in birds.items()}


def test_no_log_holds_any_of_them(platform, canaries):
    folder = platform.stack.log("web").parent
    logs = sorted(folder.glob("*"))

    found = [
        f"{name} in {log.name}"
        for log in logs
        for text in [log.read_text(errors="replace")]
        for name, written in writings(canaries).items()
        if any(each in text for each in written)
    ]

    assert {"web.log", "realtime.log", "worker.log", "beat.log"} <= {log.name for log in logs}
    # They were written to: the silence of an empty file proves nothing.
    assert "django.request" in (folder / "web.log").read_text()
    assert found == []


def test_no_log_can_be_read_by_others(platform, canaries):
    folder = platform.stack.log("web").parent

    assert [log for log in folder.glob("*") if stat.S_IMODE(log.stat().st_mode) & 0o077] == []


def test_redis_holds_none_of_them(platform, canaries):
    client = redis.Redis.from_url(platform.stack.environment["REDIS_URL"])

    assert leaking_keys(client, list(canaries.values())) == []


def test_no_column_of_the_database_holds_any_of_them(platform, canaries):
    with psycopg.connect(platform.stack.servers.database_url) as line, line.cursor() as cursor:
        assert leaking_columns(cursor, list(canaries.values())) == []


def test_a_dump_holds_none_of_them(platform, canaries):
    dump = platform.stack.manage("dumpdata", "--all")

    assert "payments.payment" in dump
    assert "payouts.payout" in dump
    assert [name for name, bird in canaries.items() if bird in dump] == []
