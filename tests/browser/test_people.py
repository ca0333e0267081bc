"""The pages of payers, of members who sign in and consent, and those of errors."""

from __future__ import annotations

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import URLResolver, get_resolver, reverse

from apps.checkout.pages import payer_page
from apps.checkout.selectors.payer_view import read_payer_view, view_as_json
from apps.core import database_clock
from apps.core.money import Money
from apps.merchants.models import Member
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.payment_request import PaymentRequest
from apps.payments.services.create_payment import create_payment
from apps.vault.tokens import sign_token
from tests.browser.conftest import LANGUAGES
from tests.factories import MerchantFactory, PaymentFactory
from tests.fakes import open_account
from tests.oauth.conftest import Program, make_application, make_member
from tests.sign_in.conftest import (
    PASSWORD,
    give_authenticator,
    give_recovery_codes,
    make_person,
)

pytestmark = pytest.mark.django_db(transaction=True)


BEFORE_A_SECOND_FACTOR = ["mfa_index", "account-password", "mfa_activate_totp", "mfa_add_webauthn"]
WITH_A_SECOND_FACTOR = [
    "mfa_index",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
]
WALKED = {
    "login",
    "login/code",
    "account",
    "account/password",
    "account/authenticator",
    "account/authenticator/remove",
    "account/passkeys/add",
    "account/passkeys/<int:pk>/remove",
    "account/recovery-codes",
    "account/recovery-codes/new",
    "oauth/authorize",
    "pay/<str:token>",
    # tests/browser/test_support.py
    "pay/<str:token>/help",
    # tests/browser/test_help.py
    "help/^(?P<language>en|fr)/$",
    "help/^(?P<language>en|fr)/(?P<slug>[a-z-]+)$",
    "status",
    "^docs/(?P<language>en|fr)/$",
    "^docs/(?P<language>en|fr)/guides/(?P<name>[a-z-]+)$",
    "^docs/(?P<language>en|fr)/reference$",
}
LEADS_ON = {
    "",
    "logout",
    "account/sessions/end",
    "docs",
    "docs/",
    "docs/errors",
    "docs/reference",
    "help/",
    "help/^(?P<language>en|fr)/failures/(?P<code>[a-z_]+)$",
}
# A picture, a program's text, and what programs ask.
FOR_PROGRAMS = {
    "docs/diagrams/<str:name>",
    "docs/source/<path:place>",
    # A download.
    "pay/<str:token>/help/files/<str:attachment_id>",
    "oauth/introspect",
    "oauth/revoke",
    "oauth/token",
    "metrics",
}


@LANGUAGES
def test_every_state_of_the_payers_page_is_made_with_care(reader, language):
    merchant = MerchantFactory(language=language, name="Boutique d’Awa")
    window = reader(language)
    link = {"type": "redirect", "url": "https://provider.example/pay"}

    for status in PaymentStatus:
        payment = PaymentFactory(merchant=merchant)
        action = link if status == PaymentStatus.REQUIRES_ACTION else None
        failure = "payer_declined" if status == PaymentStatus.FAILED else ""
        Payment.objects.filter(pk=payment.pk).update(
            status=status, next_action=action, failure_code=failure
        )
        window.open(f"/pay/{sign_token('payer_page', payment.pk)}")
        window.look()

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES
def test_a_payer_types_her_number_agrees_and_is_asked(reader, language, provider):
    open_account()
    merchant = MerchantFactory(language=language, name="Boutique d’Awa")
    request = PaymentRequest(money=Money(1_500, "XAF"), is_checkout=True)
    now = database_clock.now()
    create_payment(
        merchant=merchant, livemode=False, request=request, idempotency_key="k", digest=b"", now=now
    )
    payment = Payment.objects.get()
    window = reader(language)

    window.open(f"/pay/{sign_token('payer_page', payment.pk)}")
    window.look()
    window.press("button", status=400)
    window.look(is_first=False)
    window.page.fill("[name=phone]", "6 77 00 00 01")
    window.press("button")
    window.look()
    window.page.dblclick("button")
    window.page.wait_for_selector("[data-show=heading]")

    assert payment.attempts.count() == 1
    assert not window.problems, "\n".join(window.problems)


def test_the_page_of_a_payer_who_is_asked_on_the_phone_stays_and_shows_what_it_is_told(reader):
    payment = PaymentFactory(submitted=True)
    # What its stream says while the phone asks: an action without an address.
    told = {**view_as_json(read_payer_view(sign_token("payer_page", payment.pk))), "heading": "!"}
    told["next_action"] = {"kind": "approve_on_phone", "url": ""}
    window = reader("fr")
    window.page.add_init_script(
        f"EventSource = class {{ constructor() {{ setTimeout(() => this.onmessage({{ data:"
        f" {json.dumps(json.dumps(told))} }})); }} close() {{}} }};"
    )

    window.open(f"/pay/{sign_token('payer_page', payment.pk)}")

    window.page.get_by_text("!", exact=True).wait_for()


def test_the_page_of_a_payer_without_a_line_looks_again_until_it_is_back(reader, monkeypatch):
    monkeypatch.setattr(payer_page, "LOOK_AGAIN_S", 0)
    payment = PaymentFactory(submitted=True)
    window, asked = reader("fr"), []

    def line(route):
        asked.append(route.request.method)
        if asked[1:] in (["HEAD"], ["HEAD", "HEAD"]):
            route.abort()
        elif asked[-1] == "GET" and len(asked) > 1:
            route.fulfill(content_type="text/html", body="<p>back</p>")
        else:
            route.fallback()

    window.page.route(re.compile("/pay/[a-z0-9]+$"), line)
    window.page.add_init_script(
        "EventSource = class { static CLOSED = 2; readyState = 2;"
        " constructor() { setTimeout(() => this.onerror()); } close() {} };"
    )

    window.open(f"/pay/{sign_token('payer_page', payment.pk)}")

    window.page.get_by_text("back").wait_for()
    assert asked == ["GET", "HEAD", "HEAD", "HEAD", "GET"]


@LANGUAGES
def test_consenting_is_made_with_care(reader, language):
    member = make_member(MerchantFactory())
    two = make_member(MerchantFactory())
    Member.objects.create(
        merchant=MerchantFactory(), user=two.user, role="owner", created_at=two.created_at
    )
    stranger = make_member(MerchantFactory(), "support")
    live, test = (Program(make_application(livemode=livemode)) for livemode in (True, False))
    window = reader(language)

    window.open(live.asking(client_id="nobody"), 400)
    window.look()
    for one in (member, two):
        window.sign_in(one.user)
        for address in (live.asking(), test.asking()):
            window.open(address)
            window.look()
    window.sign_in(stranger.user)
    window.open(live.asking(), 403)
    window.look()

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES
def test_the_pages_of_an_account_are_made_with_care(reader, language, settings):
    bare, full = make_person("awa"), make_person("binta")
    give_authenticator(full)
    give_recovery_codes(full)
    window = reader(language, bare)
    window.give_authenticator()

    for name in BEFORE_A_SECOND_FACTOR:
        window.open(reverse(name))
        window.look()
    settings.STEP_UP_S = 0
    window.open(reverse("mfa_add_webauthn"), 403)
    window.look()
    settings.STEP_UP_S = 86_400
    window.sign_in(full)
    window.open(reverse("mfa_add_webauthn"))
    window.page.fill("[name=name]", "Téléphone")
    window.press("form[data-passkey] button")
    passkey = Authenticator.objects.get(user=full, type=Authenticator.Type.WEBAUTHN)
    for address in (
        *(reverse(name) for name in WITH_A_SECOND_FACTOR),
        reverse("mfa_remove_webauthn", args=[passkey.pk]),
    ):
        window.open(address)
        window.look()

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES
def test_each_way_of_signing_in_is_made_with_care(reader, language):
    person = make_person("binta")
    give_authenticator(person)
    window = reader(language, person)
    window.give_authenticator()
    window.open(reverse("mfa_add_webauthn"))
    window.press("form[data-passkey] button")
    window.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    window.open("/login")
    window.look()
    window.walk_by_tab()
    window.page.fill("[name=username]", "binta")
    window.page.fill("[name=password]", "wrong")
    window.press("form button", status=400)
    window.look()
    window.page.fill("[name=username]", "binta")
    window.page.fill("[name=password]", PASSWORD)
    window.press("form button")
    window.look()
    window.page.fill("[name=code]", "000000")
    window.press("form:has([name=code]) button", status=400)
    window.look()
    window.press("form[data-passkey] button")
    window.look()

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES
def test_errors_are_told_to_people_in_their_language(reader, language, monkeypatch):
    def broken(_language):
        raise RuntimeError("broken on purpose")

    staff = User.objects.create_user("binta", is_staff=True)
    window = reader(language, staff)

    window.open("/nothing/here", 404)
    window.look()
    window.open("/admin/payments/payment/", 403)
    window.look()
    window.open("/login")
    window.send_form_without_token()
    window.look()
    monkeypatch.setattr("apps.documentation.views.read_guides", broken)
    window.open(f"/docs/{language}/", 500)
    window.look()

    assert not window.problems, "\n".join(window.problems)


def test_no_page_outside_the_admin_is_forgotten():
    programs = ("api/", "callbacks/", "health", "admin/", "i18n/", "static/", ".well-known/")

    found = {
        prefix + str(pattern.pattern)
        for prefix, pattern in _routes(get_resolver().url_patterns)
        if not (prefix + str(pattern.pattern)).lstrip("^/").startswith(programs)
    }

    assert found == WALKED | LEADS_ON | FOR_PROGRAMS


def _routes(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield prefix, pattern
