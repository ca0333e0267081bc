"""A real browser: a passkey is added and used. tests/browser looks at every page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.urls import reverse

from tests.browser.conftest import CHROMIUM
from tests.sign_in.conftest import PASSWORD, make_staff

sync_api = pytest.importorskip("playwright.sync_api")

PASSKEYS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(monkeypatch):
    # Playwright's loop runs in this thread.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_api.sync_playwright() as playwright:
        if CHROMIUM is None:
            pytest.skip("no chromium here: apt install chromium-headless-shell")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 360, "height": 740})
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PASSKEYS})
        yield page
        chromium.close()
        # Those of this loop: another thread's, to Django.
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_staff_enrol_sign_in_and_step_up_with_a_passkey(page, live_server, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    make_staff("boss", is_superuser=True)
    refused = []
    page.on(
        "console",
        lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None,
    )
    site = live_server.url.replace("127.0.0.1", "localhost")

    _sign_in(page, f"{site}/admin/auth/user/")
    assert page.url == f"{site}/account"
    page.goto(f"{site}/account/passkeys/add")
    page.click("form[data-passkey] button[type=button]")
    page.wait_for_url("**/recovery-codes")
    page.click("a.button")
    page.wait_for_url("**/admin/auth/user/")

    page.context.clear_cookies()
    _sign_in(page, f"{site}/admin/")
    page.click("form[data-passkey] button[type=button]")
    page.wait_for_url("**/admin/")

    page.goto(site + reverse("admin:payments_payment_changelist"))
    assert page.evaluate("typeof window.Alpine") == "object"

    page.goto(f"{site}/admin/auth/group/add/")
    page.fill("input[name=name]", "Rôle <b>")
    for session in Session.objects.all():
        store = SessionStore(session.session_key)
        store["proved_at"] = 0
        store.save()
    page.click("[name=_save]")
    page.click("form[data-passkey] button[type=button]")
    page.wait_for_url("**/admin/auth/group/")

    assert Group.objects.filter(name="Rôle <b>").exists()
    for path in ("/account", "/account/authenticator", "/account/password"):
        page.goto(site + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
    assert refused == []


def _sign_in(page, address):
    page.goto(address)
    page.fill("#id_username", "boss")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    page.wait_for_url(lambda url: "/login?" not in url)
