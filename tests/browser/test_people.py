"""The pages of payers, of members who sign in and consent, and those of errors."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import URLResolver, get_resolver, reverse

from apps.merchants.models import Member
from apps.payments.models import Payment, PaymentStatus
from apps.vault.tokens import sign_token
from tests.browser.conftest import LANGUAGES
from tests.factories import MerchantFactory, PaymentFactory
from tests.oauth.conftest import Program, make_application, make_member
from tests.sign_in.conftest import (
    PASSWORD,
    give_authenticator,
    give_recovery_codes,
    make_person,
)

pytestmark = pytest.mark.django_db(transaction=True)


ACCOUNT = [
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
    "^docs/(?P<language>en|fr)/$",
    "^docs/(?P<language>en|fr)/guides/(?P<name>[a-z-]+)$",
    "^docs/(?P<language>en|fr)/reference$",
}
LEADS_ON = {"", "logout", "account/sessions/end", "docs", "docs/", "docs/reference"}
# A picture, a program's text, and what programs ask.
FOR_PROGRAMS = {
    "docs/diagrams/<str:name>",
    "docs/source/<path:place>",
    "oauth/introspect",
    "oauth/revoke",
    "oauth/token",
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
def test_signing_in_and_consenting_are_made_with_care(reader, language):
    member = make_member(MerchantFactory())
    two = make_member(MerchantFactory())
    Member.objects.create(
        merchant=MerchantFactory(), user=two.user, role="owner", created_at=two.created_at
    )
    stranger = make_member(MerchantFactory(), "support")
    live, test = (Program(make_application(livemode=livemode)) for livemode in (True, False))
    window = reader(language)

    window.open("/login")
    window.look()
    window.open(live.asking(client_id="nobody"), 400)
    window.look()
    for one in (member, two):
        window.sign_in(one.user)
        for address in (live.asking(), test.asking(), "/login"):
            window.open(address)
            window.look()
    window.sign_in(stranger.user)
    window.open(live.asking(), 403)
    window.look()

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES
def test_the_pages_of_an_account_are_made_with_care(reader, language):
    bare, full = make_person("awa"), make_person("binta")
    secret = give_authenticator(full)
    give_recovery_codes(full)
    passkey = Authenticator.objects.create(
        user=full, type=Authenticator.Type.WEBAUTHN, data={"name": "Téléphone", "credential": {}}
    )
    window = reader(language, bare)

    for name in ("mfa_index", "account-password", "mfa_activate_totp", "mfa_add_webauthn"):
        window.open(reverse(name))
        window.look()
    window.sign_in(full)
    for name in ACCOUNT:
        window.open(reverse(name))
        window.look()
    window.open(reverse("mfa_remove_webauthn", args=[passkey.pk]))
    window.look()
    window.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    window.open("/login")
    window.page.fill("[name=username]", "binta")
    window.page.fill("[name=password]", PASSWORD)
    with window.page.expect_navigation(url="**/login/code*", wait_until="load"):
        window.page.keyboard.press("Enter")
    window.address = "/login/code"
    window.look()

    assert secret and not window.problems, "\n".join(window.problems)


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
