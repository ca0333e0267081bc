"""Whatever is sent, the answer is a refusal: never a 500."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from apps.oauth.models import AccessToken, Grant
from tests.oauth.conftest import BACK, PROXY, THROUGH_PROXY, Program, make_application

pytestmark = pytest.mark.django_db

NAMES = [
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge",
    "code_challenge_method", "grant_type", "code", "code_verifier", "client_secret",
    "refresh_token", "token", "token_type_hint", "username", "password", "next", "prompt",
    "request", "client", "user", "grant", "refreshed", "scopes", "member", "thumbprint", "headers",
    "response_mode", "claims", "nonce", "resource", "decision", "merchant", "language",
]  # fmt: skip
PATHS = [
    "/oauth/authorize", "/oauth/token", "/oauth/revoke", "/oauth/introspect", "/login", "/logout",
]  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "password",
            "code",
            "token",
            "S256",
            "plain",
            "payments:read",
            BACK,
            "\x00",
            "%00",
            "%zz",
            "é" * 300,
            "x" * 5000,
            "allow",
            "[1]",
            "{}",
            "lomi_rt_" + "A" * 38,
        ]
    ),
)
FORMS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8)
EFFORT = effort(
    max_examples=60,
    derandomize=True,
)


@pytest.fixture(autouse=True)
def _unlimited(settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**9)


@pytest.fixture
def program(member):
    return Program(make_application())


def encode(pairs):
    return "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in pairs)


@EFFORT
@given(path=st.sampled_from(PATHS), form=FORMS, query=FORMS, is_known=st.booleans())
def test_no_form_or_query_breaks_a_page(program, member, path, form, query, is_known):
    browser = Client(raise_request_exception=False)
    browser.force_login(member.user)
    known = []
    if is_known:
        known = [("client_id", program.application.client_id), ("redirect_uri", BACK)]
    address = f"{path}?{encode(query + (known if path.endswith('authorize') else []))}"

    answers = [
        browser.get(address),
        browser.post(
            address, encode(form + known), content_type="application/x-www-form-urlencoded"
        ),
        browser.post(path, encode(form + known), content_type="application/x-www-form-urlencoded"),
    ]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert not AccessToken.objects.exists() and not Grant.objects.exists()


@EFFORT
@given(
    body=st.binary(max_size=200),
    content_type=st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=nonsense",
            "application/x-www-form-urlencoded; charset=utf-16",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "application/json",
            "",
        ]
    ),
    query=st.binary(max_size=60),
)
def test_no_bytes_break_an_endpoint(program, body, content_type, query):
    browser = Client(raise_request_exception=False)
    text = query.decode("latin-1")

    statuses = [
        browser.generic(
            method, path, body, content_type=content_type, QUERY_STRING=text
        ).status_code
        for path in PATHS
        for method in ("POST", "GET")
    ]

    assert [status for status in statuses if status >= 500] == []


@EFFORT
@given(credentials=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_no_basic_credentials_break_the_token_endpoint(program, credentials):
    for header in (
        credentials.decode("latin-1"),
        base64.b64encode(credentials).decode(),
        base64.b64encode(b"\xff:" + credentials).decode(),
    ):
        answer = program.client.post(
            "/oauth/token",
            {"grant_type": "client_credentials"},
            HTTP_AUTHORIZATION=f"Basic {header}",
        )
        assert answer.status_code in {400, 401}


@EFFORT
@given(
    header=st.one_of(
        st.text(max_size=80), st.binary(max_size=80).map(lambda b: b.decode("latin-1"))
    )
)
def test_no_certificate_header_breaks_the_api(program, header):
    extra = {**THROUGH_PROXY, "HTTP_X_CLIENT_CERTIFICATE": header}

    with override_settings(**PROXY):
        answer = program.client.get("/api/v1/payments", **extra)

    assert answer.status_code == 401


def test_a_parameter_sent_twice_is_refused(program, member):
    browser = Client()
    browser.force_login(member.user)

    answer = browser.get(program.asking() + "&scope=payments:write")

    assert answer.status_code == 400


def test_a_large_body_is_refused_before_it_is_read(program):
    answer = program.client.post(
        "/oauth/token", b"x" * 70_000, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 413
