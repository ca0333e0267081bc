"""Authorization code with PKCE: from a person's consent to tokens, and what goes wrong between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from apps.audit.models import AuditEntry
from apps.merchants.models import Member
from apps.oauth.exchanged_pair import decrypt_pair
from apps.oauth.models import AccessToken, Application, Grant, RefreshToken
from apps.oauth.services.forget_exchanged_pairs import forget_exchanged_pairs
from apps.oauth.services.forget_expired_tokens import forget_expired_tokens
from tests.factories import MerchantFactory, PaymentFactory
from tests.leaks import leaking_columns
from tests.oauth.conftest import (
    BACK,
    CHALLENGE,
    VERIFIER,
    Program,
    make_application,
    make_member,
    sent_back,
)

pytestmark = pytest.mark.django_db


def code_of(answer):
    return answer.json()["code"]


def test_a_program_acts_for_the_merchant_whose_member_consented(program, member):
    PaymentFactory(merchant=member.merchant, merchant_reference="theirs")
    PaymentFactory(merchant=program.application.merchant, merchant_reference="the partner's")

    tokens = program.tokens(member)
    answer = program.call(tokens["access_token"])

    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600
    assert tokens["scope"] == "payments:read"
    assert [payment["reference"] for payment in answer.json()["data"]] == ["theirs"]


def test_a_token_may_do_only_what_was_consented_to(program, member):
    token = program.tokens(member)["access_token"]

    answer = program.call(token, "/api/v1/balance")

    assert (answer.status_code, code_of(answer)) == (403, "scope_missing")


def test_a_test_application_never_touches_live_money(member):
    program = Program(make_application(livemode=False))
    PaymentFactory(merchant=member.merchant, livemode=True)

    answer = program.call(program.tokens(member)["access_token"])

    assert answer.json()["data"] == []


def test_a_code_is_good_once_and_its_second_use_ends_what_the_first_got(program, member):
    code = program.code(member)
    first = program.exchange(code).json()

    second = program.exchange(code)

    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert code_of(program.call(first["access_token"])) == "access_token_revoked"
    assert program.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_is_good_for_sixty_seconds(program, member, clock):
    early, late = program.code(member), program.code(member)
    clock.advance(seconds=59)
    assert program.exchange(early).status_code == 200

    clock.advance(seconds=1)

    assert program.exchange(late).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"code_verifier": "short"},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": "https://shop.example/Back"},
        {"client_secret": "lomi_cs_wrong"},
        {"client_secret": None},
    ],
    ids=["other verifier", "no verifier", "short verifier", "slash", "case", "secret", "none"],
)
def test_a_code_alone_is_worth_nothing(program, member, changes):
    answer = program.exchange(program.code(member), **changes)

    assert answer.status_code in {400, 401}
    assert AccessToken.objects.count() == 0


def test_another_program_cannot_use_the_code(program, member):
    code = program.code(member)

    answer = Program(make_application()).exchange(code)

    assert answer.json()["error"] == "invalid_grant"
    assert program.exchange(code).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge_method": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": CHALLENGE + "="},
        {"code_challenge": "x" * 300},
    ],
    ids=["plain", "plain by default", "no PKCE", "padded", "long"],
)
def test_anything_but_pkce_with_s256_is_refused(program, member, changes):
    browser = Client()
    browser.force_login(member.user)

    answer = browser.post(program.asking(**changes), {"decision": "allow"})

    assert sent_back(answer)["error"] == "invalid_request"
    assert sent_back(answer)["state"] == "s t&te"
    assert not Grant.objects.exists()


@pytest.mark.parametrize("response_type", ["token", "id_token", "none", "code token", "", None])
def test_only_the_code_response_is_offered(program, member, response_type):
    browser = Client()
    browser.force_login(member.user)

    answer = browser.post(program.asking(response_type=response_type), {"decision": "allow"})

    assert answer.status_code in {303, 400}
    if answer.status_code == 303:
        assert "error" in sent_back(answer)
    assert not Grant.objects.exists() and not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "grant_type", ["password", "implicit", "", None, "urn:ietf:params:oauth:grant-type:device_code"]
)
def test_only_the_grants_of_the_discovery_document_are_offered(program, grant_type):
    answer = program.post(
        "token", {"grant_type": grant_type, "username": "u", "password": "p", "code": "c"}
    )

    assert answer.status_code == 400
    assert answer.json()["error"] in {"unsupported_grant_type", "invalid_request"}


@pytest.mark.parametrize(
    "address",
    [
        BACK + "/",
        BACK[:-1],
        BACK + "?x=1",
        BACK.upper(),
        "https://shop.example:443/back",
        "http://shop.example/back",
        "https://shop.example.evil.example/back",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_address_that_differs_by_one_character_gets_nobody_sent_there(
    program, member, address
):
    browser = Client()
    browser.force_login(member.user)

    answer = browser.post(program.asking(redirect_uri=address), {"decision": "allow"})

    assert answer.status_code == 400 and "Location" not in answer
    assert not Grant.objects.exists()


def test_a_loopback_address_is_compared_with_its_port(member):
    program = Program(make_application(redirect_uris=["http://127.0.0.1:4000/back"]))
    browser = Client()
    browser.force_login(member.user)

    answer = browser.get(program.asking(redirect_uri="http://127.0.0.1:4001/back"))

    assert answer.status_code == 400


def test_more_than_the_application_may_ask_for_is_refused(program, member):
    browser = Client()
    browser.force_login(member.user)

    answer = browser.get(program.asking(scope="payments:read api_keys:write"))

    assert sent_back(answer)["error"] == "invalid_scope"


def test_a_refresh_token_is_exchanged_once_for_the_next_pair(program, member):
    first = program.tokens(member)

    second = program.refresh(first["refresh_token"]).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert program.call(second["access_token"]).status_code == 200


def test_a_refresh_token_whose_answer_was_lost_gets_the_same_pair_again(program, member, clock):
    first = program.tokens(member)
    second = program.refresh(first["refresh_token"]).json()
    clock.advance(seconds=44)

    again = program.refresh(first["refresh_token"]).json()

    assert again == {**second, "expires_in": second["expires_in"] - 44}
    assert program.call(again["access_token"]).status_code == 200
    assert program.refresh(again["refresh_token"]).status_code == 200
    assert RefreshToken.objects.filter(revoked=None).count() == 1


def test_the_pair_is_given_again_to_the_same_request_only(member):
    program = Program(make_application())
    first = program.exchange(program.code(member, scope="payments:read payments:write")).json()
    second = program.refresh(first["refresh_token"]).json()

    narrower = program.refresh(first["refresh_token"], scope="payments:read")
    stranger = Program(make_application()).refresh(first["refresh_token"])

    assert narrower.json()["error"] == stranger.json()["error"] == "invalid_grant"
    assert program.call(second["access_token"]).status_code == 200


def test_once_the_next_pair_was_used_the_old_token_is_a_thiefs(program, member):
    first = program.tokens(member)
    second = program.refresh(first["refresh_token"]).json()
    third = program.refresh(second["refresh_token"]).json()

    reused = program.refresh(first["refresh_token"])

    assert reused.json()["error"] == "invalid_grant"
    assert program.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"


def test_what_was_revoked_is_not_given_again(program, member):
    first = program.tokens(member)
    second = program.refresh(first["refresh_token"]).json()
    program.post("revoke", {"token": second["access_token"]})

    assert program.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_pair_is_kept_for_the_grace_alone_and_readable_with_the_token_alone(
    program, member, clock
):
    first = program.tokens(member)
    second = program.refresh(first["refresh_token"]).json()
    kept = RefreshToken.objects.get(answer_encrypted__isnull=False)

    own = decrypt_pair(kept.answer_encrypted, refresh_token=first["refresh_token"], row_id=kept.pk)
    other = decrypt_pair(
        kept.answer_encrypted, refresh_token=second["refresh_token"], row_id=kept.pk
    )
    early = forget_exchanged_pairs(now=clock.now)
    late = forget_exchanged_pairs(now=clock.now + timedelta(seconds=46))

    assert own["access_token"] == second["access_token"] and other is None
    assert (early, late) == (0, 1)


def test_reuse_of_a_refresh_token_ends_the_whole_family(program, member, clock):
    first = program.tokens(member)
    second = program.refresh(first["refresh_token"]).json()
    other = program.tokens(member)
    clock.advance(seconds=45)

    reused = program.refresh(first["refresh_token"])

    assert reused.json()["error"] == "invalid_grant"
    assert program.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    for token in (first, second):
        assert code_of(program.call(token["access_token"])) == "access_token_revoked"
    assert program.call(other["access_token"]).status_code == 200


def test_a_refresh_narrows_the_access_token_and_never_widens(program, member):
    program.application.scopes = ["balance:read", "payments:read", "payments:write"]
    program.application.save(update_fields=["scopes"])
    code = program.code(member, scope="payments:read payments:write")
    first = program.exchange(code).json()

    wider = program.refresh(first["refresh_token"], scope="balance:read")
    narrow = program.refresh(first["refresh_token"], scope="payments:read").json()
    whole = program.refresh(narrow["refresh_token"]).json()

    assert wider.json()["error"] == "invalid_scope"
    assert narrow["scope"] == "payments:read"
    assert whole["scope"] == "payments:read payments:write"


def test_a_refresh_token_ends_after_thirty_days(program, member, clock):
    refresh_token = program.tokens(member)["refresh_token"]
    clock.advance(days=29, hours=23)
    refresh_token = program.refresh(refresh_token).json()["refresh_token"]

    clock.advance(days=30)

    assert program.refresh(refresh_token).json()["error"] == "invalid_grant"


def test_another_program_cannot_refresh_and_ends_nothing(program, member):
    tokens = program.tokens(member)

    answer = Program(make_application()).refresh(tokens["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"
    assert program.refresh(tokens["refresh_token"]).status_code == 200


def test_an_access_token_ends_after_an_hour_to_the_second(program, member, clock):
    token = program.tokens(member)["access_token"]
    clock.advance(seconds=3599)
    assert program.call(token).status_code == 200

    clock.advance(seconds=1)

    answer = program.call(token)
    assert (answer.status_code, code_of(answer)) == (401, "access_token_expired")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("lomi_at_", "access_token_malformed"),
        ("lomi_at_" + "A" * 38, "access_token_malformed"),
        ("lomi_at_" + "é" * 38, "access_token_malformed"),
        ("lomi_rt_" + "A" * 38, "api_key_malformed"),
    ],
)
def test_what_is_no_access_token_is_told_apart(program, token, code):
    header = f"Bearer {token}".encode().decode("latin-1")

    answer = program.client.get("/api/v1/payments", HTTP_AUTHORIZATION=header)

    assert (answer.status_code, code_of(answer)) == (401, code)


def test_a_token_that_was_never_issued_is_unknown(program):
    from apps.oauth.token_format import ACCESS_TOKEN, new_text

    answer = program.call(new_text(ACCESS_TOKEN))

    assert (answer.status_code, code_of(answer)) == (401, "access_token_unknown")


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(program, member, name):
    tokens = program.tokens(member)

    answer = program.post("revoke", {"token": tokens[name]})

    assert answer.status_code == 200
    assert code_of(program.call(tokens["access_token"])) == "access_token_revoked"
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_anothers_token_or_none_changes_nothing_and_says_nothing(program, member):
    tokens = program.tokens(member)
    stranger = Program(make_application())

    answers = [
        stranger.post("revoke", {"token": tokens[name]})
        for name in ("access_token", "refresh_token")
    ]
    answers.append(stranger.post("revoke", {"token": "nonsense"}))

    assert {answer.status_code for answer in answers} == {200}
    assert program.call(tokens["access_token"]).status_code == 200
    assert program.refresh(tokens["refresh_token"]).status_code == 200


def test_introspection_tells_a_program_of_its_own_tokens(program, member, clock):
    tokens = program.tokens(member)

    access = program.post("introspect", {"token": tokens["access_token"]}).json()
    refresh = program.post("introspect", {"token": tokens["refresh_token"]}).json()

    assert access["active"] is True
    assert access["scope"] == "payments:read"
    assert access["sub"] == member.merchant.public_id
    assert access["client_id"] == program.application.client_id
    assert access["exp"] - access["iat"] == 3600
    assert refresh["active"] is True and "token_type" not in refresh
    clock.advance(hours=1)
    ended = program.post("introspect", {"token": tokens["access_token"]}).json()
    assert ended == {"active": False}


def test_introspection_by_another_client_sees_nothing(program, member):
    tokens = program.tokens(member)
    stranger = Program(make_application())

    seen = [
        stranger.post("introspect", {"token": token}).json()
        for token in (tokens["access_token"], tokens["refresh_token"], "nonsense")
    ]

    assert seen == [{"active": False}] * 3


def test_introspection_needs_a_client_that_proves_who_it_is(program, member):
    token = program.tokens(member)["access_token"]
    public = Program(make_application(is_confidential=False))
    anonymous = Client().post("/oauth/introspect", {"token": token})

    assert anonymous.status_code == 401
    assert public.post("introspect", {"token": token}).status_code == 401
    wrong = program.post("introspect", {"token": token, "client_secret": "lomi_cs_no"})
    assert wrong.status_code == 401


def test_a_program_without_a_secret_needs_pkce_and_gets_no_tokens_for_itself(member):
    program = Program(make_application(is_confidential=False))

    tokens = program.tokens(member)
    own = program.own_tokens()

    assert program.call(tokens["access_token"]).status_code == 200
    assert own.status_code == 401


def test_client_credentials_give_a_token_for_the_programs_own_merchant(program):
    PaymentFactory(merchant=program.application.merchant, merchant_reference="own")

    tokens = program.own_tokens(scope="payments:read").json()
    answer = program.call(tokens["access_token"])

    assert "refresh_token" not in tokens
    assert [payment["reference"] for payment in answer.json()["data"]] == ["own"]


def test_client_credentials_by_basic_authentication(program):
    import base64

    pair = f"{program.application.client_id}:{program.application.secret}"
    header = "Basic " + base64.b64encode(pair.encode()).decode()

    answer = program.client.post(
        "/oauth/token", {"grant_type": "client_credentials"}, HTTP_AUTHORIZATION=header
    )

    assert answer.status_code == 200
    assert answer.json()["scope"] == "payments:read payments:write"
    assert answer["Cache-Control"] == "no-store"


def test_what_a_person_granted_ends_with_that_persons_right_to_grant(program, member):
    from apps.core.ttl_cache import clear_all

    tokens, code = program.tokens(member), program.code(member)
    Member.objects.filter(pk=member.pk).update(role="support")
    clear_all()

    assert code_of(program.call(tokens["access_token"])) == "access_token_revoked"
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.exchange(code).json()["error"] == "invalid_grant"
    seen = program.post("introspect", {"token": tokens["access_token"]}).json()
    assert seen == {"active": False}


def test_a_switched_off_application_gets_nothing_and_holds_nothing(program, member):
    from apps.core.ttl_cache import clear_all

    tokens = program.tokens(member)
    Application.objects.update(is_active=False)
    clear_all()

    assert code_of(program.call(tokens["access_token"])) == "access_token_revoked"
    assert program.refresh(tokens["refresh_token"]).status_code == 401
    browser = Client()
    browser.force_login(member.user)
    assert browser.get(program.asking()).status_code == 400


def test_a_closed_merchants_token_is_refused(program):
    from apps.core.ttl_cache import clear_all

    merchant = MerchantFactory()
    tokens = program.tokens(make_member(merchant))
    merchant.is_active = False
    merchant.save(update_fields=["is_active"])
    clear_all()

    assert program.call(tokens["access_token"]).status_code in {401, 403}


def test_no_secret_lies_in_clear_in_the_database(program, member):
    code = program.code(member)
    tokens = program.exchange(code).json()
    own = program.own_tokens().json()
    secrets = [
        code,
        tokens["access_token"],
        tokens["refresh_token"],
        own["access_token"],
        program.application.secret,
    ]

    with connection.cursor() as cursor:
        assert leaking_columns(cursor, secrets) == []
    assert RefreshToken.objects.count() == 1


def test_a_consent_is_on_the_audit_trail(program, member):
    program.code(member)

    entry = AuditEntry.objects.get(action="oauth.consent")

    assert entry.actor == f"user:{member.user_id}"
    assert entry.target == program.application.public_id
    assert entry.detail == {"merchant": member.merchant.public_id, "scope": "payments:read"}


def test_what_ended_a_week_ago_is_forgotten(program, member, clock):
    program.tokens(member)
    clock.advance(days=6)
    assert forget_expired_tokens(now=clock.now) == 0
    clock.advance(days=2)
    assert forget_expired_tokens(now=clock.now) == 2

    clock.advance(days=30)

    assert forget_expired_tokens(now=clock.now) == 1


def test_a_call_with_a_token_costs_one_query_more_than_its_work_then_none(
    program, member, django_assert_num_queries
):
    token = program.tokens(member)["access_token"]

    with django_assert_num_queries(2):
        program.call(token)
    with django_assert_num_queries(1):
        program.call(token)
