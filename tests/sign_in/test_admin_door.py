"""The admin's own host name and networks, and how people's pages are sent."""

from __future__ import annotations

import re

import pytest

from tests.oauth.conftest import Program, make_application, make_member
from tests.sign_in.conftest import PASSWORD, browser, give_authenticator, make_staff, sign_in

pytestmark = pytest.mark.django_db

PATHS = ["/admin/", "/admin", "/admin/login/", "/admin/jsi18n/", "/admin/payments/payment/?q=1"]


@pytest.fixture
def boss(client):
    user = make_staff("boss", is_superuser=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize("path", PATHS)
def test_the_admin_is_found_under_its_own_name_only(client, boss, settings, path):
    settings.ADMIN_HOST = "staff.lomi.example"

    for host in ("testserver", "lomi.example", "staff.lomi.example.evil.example", "127.0.0.1"):
        assert client.get(path, headers={"host": host}).status_code == 404, host
        assert client.post(path, headers={"host": host}).status_code == 404
    for host in ("staff.lomi.example", "STAFF.lomi.example", "staff.lomi.example:8443"):
        assert client.get(path, headers={"host": host}).status_code != 404 or path == "/admin"
    forged = {"host": "lomi.example", "x-forwarded-host": "staff.lomi.example"}
    assert client.get(path, headers=forged).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_the_admin_is_open_to_its_networks_only(boss, settings, path):
    settings.ADMIN_NETWORKS = ["192.0.2.0/24", "2001:db8::/32"]
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]

    def status(peer, forwarded=None):
        client = browser(REMOTE_ADDR=peer)
        client.force_login(boss)
        extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
        return client.get(path, **extra).status_code

    for inside in ("192.0.2.9", "2001:db8::1"):
        assert status(inside) != 404 or path == "/admin"
    assert status("10.0.0.1", "203.0.113.1, 192.0.2.9") != 404 or path == "/admin"
    for outside in ("203.0.113.1", "10.0.0.1", "", "::1"):
        assert status(outside) == 404, outside
    assert status("203.0.113.1", "192.0.2.9") == 404
    assert status("10.0.0.1", "192.0.2.9, 203.0.113.1") == 404


def test_everything_else_stays_where_it_is(client, settings):
    settings.ADMIN_HOST, settings.ADMIN_NETWORKS = "staff.lomi.example", ["192.0.2.0/24"]

    assert client.get("/login").status_code == 200
    assert client.get("/health").status_code == 200


def people_pages(client, user):
    member = make_member(make_application().merchant)
    consent = Program(make_application()).asking()
    third = browser()
    give_authenticator(member.user)
    member.user.set_password(PASSWORD)
    member.user.save()
    other = browser()
    other.force_login(member.user)
    yield "login", browser().get("/login")
    yield "consent", other.get(consent)
    sign_in(third, member.user)
    yield "code", third.get("/login/code")
    for path in ("/account", "/account/authenticator", "/account/passkeys/add",
                 "/account/password", "/account/recovery-codes/new",
                 "/admin/", "/admin/payments/payment/", "/admin/auth/user/add/"):  # fmt: skip
        yield path, client.get(path)
    session = client.session
    session["proved_at"] = 0
    session.save()
    yield "step up", client.post("/admin/auth/user/add/")


def test_no_page_of_people_is_kept_framed_or_scripted_by_others(client, boss):
    for name, answer in people_pages(client, boss):
        policy = answer["Content-Security-Policy"]
        directives = dict(part.split(" ", 1) for part in policy.split("; "))
        assert answer.status_code in {200, 403}, name
        assert directives["default-src"] == "'none'", name
        assert directives["frame-ancestors"] == "'none'" and directives["base-uri"] == "'none'"
        assert "'unsafe-inline'" not in directives.get("script-src", ""), name
        assert "http" not in directives.get("script-src", "")
        if "/admin" not in name:
            assert "unsafe" not in policy, name
        assert "no-store" in answer["Cache-Control"], name
        assert "camera=()" in answer["Permissions-Policy"], name
        assert "publickey-credentials-get=(self)" in answer["Permissions-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_no_script_stands_in_a_page_where_the_policy_forbids_it(client, boss):
    for name, answer in people_pages(client, boss):
        html = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", html), name
        assert not re.search(r'\son[a-z]+="', html), name
        if "/admin" not in name:
            assert "style=" not in html.replace("<style", ""), name


def test_an_export_is_not_kept_either(client, boss):
    answer = client.get("/admin/reconciliation/discrepancy/export/")

    assert "no-store" in answer["Cache-Control"]


def test_the_documentation_may_still_be_kept(client):
    assert "public" in client.get("/docs/en/")["Cache-Control"]


@pytest.mark.parametrize("length", [300, 5_000])
def test_long_and_null_names_break_no_page(client, boss, length):
    for path in ("/admin/usersessions/usersession/", "/admin/mfa/authenticator/",
                 "/admin/auth/user/"):  # fmt: skip
        for text in ("x" * length, "\0", "%00"):
            assert client.get(path, {"q": text}).status_code < 500
