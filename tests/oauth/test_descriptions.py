"""Every refusal of the endpoints for programs says what is wrong, and how often one may guess."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from apps.core.rate_limit import clear_all
from tests.oauth.conftest import Program, make_application

pytestmark = pytest.mark.django_db

# RFC 6749, 5.2.
ALLOWED = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+\Z")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": 'no"such\\'}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "lomi_rt_x"}, "invalid_grant"),
        ({"grant_type": "client_credentials", "scope": "all é"}, "invalid_scope"),
        ({"grant_type": "client_credentials", "client_secret": "lomi_cs_x"}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "nobody"}, "invalid_client"),
    ],
)
def test_every_refusal_says_why_and_shows_no_secret(program, form, error):
    answer = program.post("token", form)

    told = answer.json()
    assert told["error"] == error
    assert ALLOWED.match(told["error_description"]), told
    assert len(told["error_description"]) > 20
    for secret in (program.application.secret, "lomi_rt_x", "lomi_cs_x"):
        assert secret not in told["error_description"]


@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_told_to_post(db, path, method):
    answer = Client().generic(method, f"/oauth/{path}")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer.json()["error_description"]


def test_an_application_that_may_not_have_a_grant_is_told_so(db):
    public = Program(make_application(is_confidential=False))

    answer = public.own_tokens()

    assert answer.status_code in {400, 401} and ALLOWED.match(answer.json()["error_description"])


def test_two_authorization_headers_are_refused(program):
    answer = program.client.post("/oauth/token", headers={"Authorization": "Basic a,Basic b"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
def test_client_secrets_are_not_guessed_at_leisure_and_nobody_is_locked_out(
    program, settings, path
):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "client_secret": 3, "client_secret_address": 9}
    clear_all()
    right, application = program.application.secret, program.application
    application.secret = "wrong"
    form = {"grant_type": "client_credentials", "token": "x"}
    guesses = [program.post(path, form) for _ in range(3)]

    more = program.post(path, form)
    application.secret = right
    from_there = program.post(path, form)
    program.extra = {"REMOTE_ADDR": "203.0.113.77"}
    from_elsewhere = program.post(path, form)

    assert [answer.status_code for answer in guesses] == [401] * 3
    for answer in (more, from_there):
        assert answer.status_code == 429 and int(answer["Retry-After"]) > 0
        assert ALLOWED.match(answer.json()["error_description"])
    assert from_elsewhere.status_code == 200


def test_one_network_cannot_guess_the_secrets_of_many_applications(program, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "client_secret": 9, "client_secret_address": 3}
    clear_all()
    answers = [
        program.post("token", {"grant_type": "client_credentials", "client_id": f"lomi_app_{n}"})
        for n in range(4)
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


def test_right_secrets_use_nothing_up(program, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "client_secret": 2, "client_secret_address": 2}
    clear_all()

    assert [program.own_tokens().status_code for _ in range(4)] == [200] * 4


def test_nobody_is_sent_to_a_strangers_address_without_having_signed_in(program, member):
    for wrong in ({"scope": "api_keys:write"}, {"code_challenge": None}, {"response_type": "x"}):
        answer = Client().get(program.asking(**wrong))

        assert answer.status_code == 302
        assert answer["Location"].startswith("/login?next=")
