"""The pages where a person signs in and decides."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation
from django.utils.html import conditional_escape

from apps.merchants import scopes
from apps.merchants.models import Member
from apps.oauth.models import Grant
from tests.factories import MerchantFactory
from tests.oauth.conftest import BACK, Program, make_application, make_member, sent_back

pytestmark = pytest.mark.django_db


def browser_of(member, language="en", **options):
    browser = Client(raise_request_exception=False, **options)
    browser.cookies["django_language"] = language
    browser.force_login(member.user)
    return browser


def test_who_is_not_signed_in_signs_in_and_comes_back(program, member):
    browser = Client()

    away = browser.get(program.asking())
    signed_in = browser.post(
        away["Location"], {"username": member.user.username, "password": "pa ss"}
    )

    assert away["Location"].startswith("/login?next=/oauth/authorize")
    assert signed_in["Location"] == program.asking()
    assert browser.get(program.asking()).status_code == 200


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_says_who_asks_for_whom_and_for_what(member, language):
    program = Program(make_application(name="Caisse <b>"))
    publisher = program.application.merchant.name

    html = browser_of(member, language).get(program.asking()).content.decode()

    assert f'lang="{language}"' in html
    for text in ("Caisse &lt;b&gt;", publisher, member.merchant.name, "shop.example"):
        assert text in html
    with translation.override(language):
        assert conditional_escape(scopes.DESCRIPTIONS[scopes.PAYMENTS_READ]) in html
    assert "<script" not in html


@pytest.mark.parametrize(("livemode", "words"), [(True, "real money"), (False, "no real money")])
def test_the_page_says_whether_the_money_is_real(member, livemode, words):
    program = Program(make_application(livemode=livemode))

    html = browser_of(member).get(program.asking()).content.decode()

    assert words in html and ("no real money" in html) == (not livemode)


def test_denying_sends_the_refusal_back_with_state_and_issuer(program, member, settings):
    answer = browser_of(member).post(program.asking(), {"decision": "deny"})

    told = sent_back(answer)
    assert told["error"] == "access_denied"
    assert told["state"] == "s t&te" and told["iss"] == settings.PUBLIC_URL
    assert not Grant.objects.exists()


def test_allowing_sends_code_state_and_issuer_back(program, member, settings):
    answer = browser_of(member).post(program.asking(), {"decision": "allow"})

    told = sent_back(answer)
    assert told.keys() == {"code", "state", "iss"}
    assert told["state"] == "s t&te" and told["iss"] == settings.PUBLIC_URL


@pytest.mark.parametrize("role", ["finance", "support"])
def test_only_owners_and_developers_may_consent(program, merchant, role):
    browser = browser_of(make_member(merchant, role))

    page = browser.get(program.asking())
    answer = browser.post(program.asking(), {"decision": "allow", "merchant": merchant.public_id})

    assert page.status_code == 403 and answer.status_code == 403
    assert not Grant.objects.exists()
    assert sent_back(browser.post(program.asking(), {"decision": "deny"}))["error"]


def test_who_serves_several_merchants_chooses_one(program, member):
    second = Member.objects.create(
        merchant=MerchantFactory(), user=member.user, role="developer", created_at=member.created_at
    )
    others = make_member(MerchantFactory())
    browser = browser_of(member)

    unsaid = browser.post(program.asking(), {"decision": "allow"})
    foreign = browser.post(
        program.asking(), {"decision": "allow", "merchant": others.merchant.public_id}
    )
    chosen = browser.post(
        program.asking(), {"decision": "allow", "merchant": second.merchant.public_id}
    )

    assert unsaid.status_code == foreign.status_code == 400
    assert b"Choose a merchant." in unsaid.content
    assert chosen.status_code == 303
    assert Grant.objects.get().merchant == second.merchant


def test_a_consent_without_the_forms_token_is_refused(program, member):
    browser = browser_of(member, enforce_csrf_checks=True)

    answer = browser.post(program.asking(), {"decision": "allow"})

    assert answer.status_code == 403
    assert not Grant.objects.exists()


def test_the_forms_fields_cannot_change_what_was_asked(program, member):
    browser = browser_of(member)

    browser.post(
        program.asking(),
        {
            "decision": "allow",
            "scope": "api_keys:write",
            "redirect_uri": "https://evil.example/",
            "code_challenge": "x",
            "user": "1",
            "scopes": "x",
        },
    )

    grant = Grant.objects.get()
    assert (grant.scope, grant.redirect_uri) == ("payments:read", BACK)


@pytest.mark.parametrize("page", ["consent", "login", "refused"])
def test_no_page_can_be_framed_scripted_or_kept(program, member, page):
    browser = browser_of(member)
    address = {
        "consent": program.asking(),
        "login": "/login",
        "refused": program.asking(client_id="unknown"),
    }[page]

    answer = browser.get(address)
    policy = answer["Content-Security-Policy"]

    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "script-src" not in policy and "unsafe-inline" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert "no-store" in answer["Cache-Control"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert nonce and f'<style nonce="{nonce}">' in answer.content.decode()


def test_the_consent_form_may_lead_to_the_program_and_nowhere_else(program, member):
    policy = browser_of(member).get(program.asking())["Content-Security-Policy"]

    assert "form-action 'self' https://shop.example;" in policy


def test_an_unknown_program_is_told_to_the_person_and_nobody_is_sent_anywhere(program, member):
    answer = browser_of(member).get(program.asking(client_id="lomi_app_none"))

    assert answer.status_code == 400
    assert b"Invalid client_id" in answer.content


@pytest.mark.parametrize("following", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_signing_in_or_out_leads_to_our_own_pages_only(member, following):
    browser = Client()
    form = {"username": member.user.username, "password": "pa ss", "next": following}

    signed_in = browser.post("/login", form)
    signed_out = browser.post("/logout", {"next": following})

    assert signed_in["Location"] == signed_out["Location"] == "/login"


def test_a_wrong_password_signs_nobody_in(member):
    browser = Client()

    answer = browser.post("/login", {"username": member.user.username, "password": "wrong"})

    assert answer.status_code == 400
    assert "_auth_user_id" not in browser.session


def test_passwords_cannot_be_guessed_at_leisure(member, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login_user": 2}
    browser = Client()
    form = {"username": member.user.username, "password": "wrong"}
    statuses = [browser.post("/login", form).status_code for _ in range(3)]

    answer = browser.post("/login", {**form, "password": "pa ss"})

    assert statuses == [400, 400, 429]
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
    assert "_auth_user_id" not in browser.session


def test_signing_out_needs_a_post(member):
    browser = browser_of(member)

    assert browser.get("/logout").status_code == 405
    assert "_auth_user_id" in browser.session


def test_the_language_is_changed_without_a_script(program, member):
    browser = browser_of(member, "fr")
    browser.post("/i18n/setlang/", {"language": "en", "next": program.asking()})

    assert b'lang="en"' in browser.get(program.asking()).content
