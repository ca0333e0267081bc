"""The one door: who may knock how often, and where it leads."""

from __future__ import annotations

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.models import User

from apps.audit.models import AuditEntry
from tests.sign_in.conftest import PASSWORD, browser, is_signed_in, make_person, sign_in

pytestmark = pytest.mark.django_db


def test_the_admin_and_the_consent_share_one_door(client, staff):
    away = client.get("/admin/payments/payment/?q=pay_1", follow=True)
    posted = client.post("/admin/login/", {"username": "binta", "password": PASSWORD})
    client.post("/admin/login/?next=/admin/", {"username": "binta", "password": PASSWORD})

    assert away.redirect_chain[-1][0] == "/login?next=/admin/payments/payment/%3Fq%3Dpay_1"
    assert posted["Location"] == "/login?next=/admin/"
    assert not is_signed_in(client)

    signed_in = sign_in(client, staff, next="/admin/payments/payment/?q=pay_1")

    assert signed_in["Location"] == "/admin/payments/payment/?q=pay_1"
    assert client.get("/admin/").status_code == 302 or is_signed_in(client)


def test_500_passwords_from_one_address_cost_20_hashes(staff, monkeypatch):
    hashed = []
    check = hashers.check_password
    monkeypatch.setattr(
        "django.contrib.auth.base_user.check_password",
        lambda *args, **more: (hashed.append(1), check(*args, **more))[1],
    )
    knocker = browser()

    answers = [
        sign_in(knocker, staff if n % 2 else f"nobody-{n}", "wrong").status_code for n in range(500)
    ]

    assert answers.count(400) <= 20 and set(answers) == {400, 429}
    assert len(hashed) <= 20


def test_nobody_locks_another_out(staff):
    attacker, owner = browser(REMOTE_ADDR="203.0.113.9"), browser(REMOTE_ADDR="198.51.100.7")
    tries = [sign_in(attacker, staff, "wrong").status_code for _ in range(8)]

    from_elsewhere = sign_in(owner, staff)

    assert tries[-1] == 429
    assert sign_in(attacker, staff).status_code == 429
    assert from_elsewhere.status_code == 302 and is_signed_in(owner)


@pytest.mark.parametrize(
    "neighbours",
    [
        [f"203.0.113.{n}" for n in range(8)],
        [f"2001:db8:1:{n}::1" for n in range(8)],
        [f"2001:db8:1:1::{n}" for n in range(8)],
    ],
)
def test_another_address_of_the_same_network_is_no_fresh_start(staff, neighbours):
    statuses = [
        sign_in(browser(REMOTE_ADDR=address), staff, "wrong").status_code for address in neighbours
    ]

    assert statuses == [400] * 5 + [429] * 3


def test_the_answer_does_not_tell_whether_a_name_exists(staff):
    staff.is_active = False
    staff.save()
    make_person("awa")
    pages = {
        sign_in(browser(REMOTE_ADDR=f"198.51.100.{n}"), name, "wrong").content.count(b"bad")
        for n, name in enumerate(["awa", "binta", "nobody"])
    }
    closed = sign_in(browser(), "binta")

    assert len(pages) == 1
    assert closed.status_code == 400


@pytest.mark.parametrize(
    "name",
    [
        "a" * 300,
        "\0",
        "awa\0",
        "\ud800".encode("utf-16", "surrogatepass"),
        "é" * 150,
        "",
        "😀" * 150,
    ],
)
@pytest.mark.parametrize("password", ["wrong", "x" * 100_000, "\0"])
def test_any_name_and_any_password_get_a_plain_no(client, name, password):
    answer = client.post("/login", {"username": name, "password": password})

    assert answer.status_code == 400
    assert not is_signed_in(client)


def test_fields_that_are_missing_get_a_plain_no(client):
    assert client.post("/login").status_code == 400
    assert client.post("/login", {"username": ["awa", "binta"]}).status_code == 400


@pytest.mark.usefixtures("limiter_without_redis")
def test_without_redis_nobody_guesses(client, staff):
    answer = sign_in(client, staff)

    assert answer.status_code == 503 and answer["Retry-After"]
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
        "https:/evil.example", "https://evil.example", "javascript:alert(1)", "///evil.example",
        "http://testserver@evil.example/", "\x08//evil.example", " //evil.example",
        "data:text/html,x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("door", ["login", "signed in already", "logout", "admin"])
def test_nobody_is_led_elsewhere(client, staff, following, door):
    if door == "logout":
        client.force_login(staff)
        answer = client.post("/logout", {"next": following})
    elif door == "admin":
        answer = client.get("/admin/login/", {"next": following})
    else:
        if door == "signed in already":
            client.force_login(staff)
        answer = sign_in(client, staff, next=following)

    assert answer.status_code == 302
    assert answer["Location"] in {"/admin/", "/login", "/login?next=/admin/"}


@pytest.mark.parametrize("following", ["/x%0d%0aSet-Cookie:%20a=b", "/x\r\nSet-Cookie: a=b"])
def test_an_address_cannot_write_headers(client, staff, following):
    answer = sign_in(client, staff, next=following)

    assert answer.status_code == 302
    assert "\r" not in answer["Location"] and "\n" not in answer["Location"]
    assert "a" not in answer.cookies


def test_a_session_known_before_signing_in_is_worth_nothing_after(client, staff):
    client.get("/login")
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key

    sign_in(client, staff)
    thief = browser()
    thief.cookies["sessionid"] = before

    assert client.session.session_key != before
    assert thief.get("/account").status_code == 302


def test_nobody_registers_by_herself(client):
    for path in ("/signup", "/accounts/signup/", "/account/signup", "/login/signup"):
        assert client.get(path).status_code == 404
    assert not User.objects.exists()


def test_who_comes_and_who_fails_is_on_record(client, staff):
    sign_in(client, staff, "my secret typed wrong")
    sign_in(client, "my secret typed as name", "wrong")
    sign_in(client, staff)
    client.post("/logout")

    told = list(AuditEntry.objects.order_by("id"))
    assert [(entry.actor, entry.action, entry.target) for entry in told] == [
        ("system", "user.sign_in_failed", f"user:{staff.pk}"),
        ("system", "user.sign_in_failed", ""),
        (f"user:{staff.pk}", "user.sign_in", f"user:{staff.pk}"),
        (f"user:{staff.pk}", "user.sign_out", f"user:{staff.pk}"),
    ]
    assert "secret" not in str([entry.detail for entry in told])
    assert "127.0.0.1" not in str([entry.detail for entry in told])
