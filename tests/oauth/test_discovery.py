"""The discovery document is true: what it names exists, what it does not name is refused."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.merchants.scopes import GRANTABLE
from tests.oauth.conftest import Program, make_application

pytestmark = pytest.mark.django_db

ADDRESS = "/.well-known/oauth-authorization-server"


@pytest.fixture
def told():
    answer = Client().get(ADDRESS)
    assert answer.status_code == 200
    return answer.json()


def test_the_issuer_is_where_the_document_was_found(told, settings):
    assert told["issuer"] == settings.PUBLIC_URL


def test_every_endpoint_it_names_answers(told):
    for name, address in told.items():
        if name.endswith("_endpoint"):
            path = urlsplit(address).path
            answers = {Client().get(path).status_code, Client().post(path).status_code}
            assert answers <= {400, 401, 405}, name


def test_it_names_every_scope(told):
    assert told["scopes_supported"] == list(GRANTABLE)


@pytest.mark.parametrize(
    "grant_type", ["authorization_code", "client_credentials", "refresh_token"]
)
def test_every_grant_it_names_is_served(told, grant_type):
    program = Program(make_application())

    error = program.post("token", {"grant_type": grant_type}).json().get("error")

    assert grant_type in told["grant_types_supported"]
    assert error != "unsupported_grant_type"


def test_what_it_does_not_name_is_not_offered(told):
    assert told["response_types_supported"] == ["code"]
    assert told["response_modes_supported"] == ["query"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert set(told["grant_types_supported"]) == {
        "authorization_code",
        "client_credentials",
        "refresh_token",
    }
    assert "registration_endpoint" not in told and "jwks_uri" not in told


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_every_way_to_authenticate_it_names_works(told, member, method):
    import base64

    program = Program(make_application(is_confidential=method != "none"))
    code = program.code(member)
    changes = {}
    if method == "client_secret_basic":
        pair = f"{program.application.client_id}:{program.application.secret}"
        program.extra = {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(pair.encode()).decode()}
        changes = {"client_secret": None, "client_id": None}

    assert method in told["token_endpoint_auth_methods_supported"]
    assert program.exchange(code, **changes).status_code == 200


def test_a_response_mode_it_does_not_name_is_not_used(told, member):
    program = Program(make_application())
    browser = Client()
    browser.force_login(member.user)

    answer = browser.post(program.asking(response_mode="fragment"), {"decision": "allow"})

    assert "#" not in answer["Location"] and "?code=" in answer["Location"]
