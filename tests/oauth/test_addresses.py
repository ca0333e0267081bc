"""Where tokens and certificates may be used from."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.oauth.services.register_certificate import register_certificate
from tests.oauth.conftest import (
    PROXY,
    THROUGH_PROXY,
    Program,
    Shop,
    as_header,
    caller_for,
    make_application,
    make_certificate,
)

pytestmark = pytest.mark.django_db

INSIDE, OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}, {"REMOTE_ADDR": "198.51.100.9"}
LIST = ["203.0.113.0/24"]


def code_of(answer):
    return answer.status_code, answer.json().get("code")


def test_tokens_are_got_and_used_from_the_applications_addresses_only(member):
    program = Program(make_application(member.merchant, allowed_addresses=LIST))
    program.extra = OUTSIDE
    refused = program.own_tokens()
    program.extra = INSIDE
    token = program.own_tokens().json()["access_token"]

    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    assert "allowed_addresses" in refused.json()["error_description"]
    assert program.call(token).status_code == 200
    assert code_of(program.call(token, **OUTSIDE)) == (403, "address_not_allowed")


def test_a_token_cannot_be_refreshed_from_elsewhere_and_nothing_ends(member):
    program = Program(make_application(allowed_addresses=LIST))
    program.extra = INSIDE
    first = program.tokens(member)
    program.extra = OUTSIDE

    refused = program.refresh(first["refresh_token"])
    program.extra = INSIDE

    assert refused.json()["error"] == "unauthorized_client"
    assert program.refresh(first["refresh_token"]).status_code == 200


def test_a_shorter_list_takes_effect_on_tokens_that_are_out(merchant):
    program = Program(make_application(merchant))
    program.extra = OUTSIDE
    token = program.own_tokens().json()["access_token"]

    changed = Shop(merchant).send(
        "PATCH", f"oauth_applications/{program.application.public_id}", {"allowed_addresses": LIST}
    )
    clear_all()

    assert changed.json()["allowed_addresses"] == LIST
    assert code_of(program.call(token)) == (403, "address_not_allowed")


def test_a_certificate_is_good_from_its_addresses_only(merchant, settings):
    for name, value in PROXY.items():
        setattr(settings, name, value)
    pem, _ = make_certificate()
    register_certificate(
        caller=caller_for(merchant),
        pem=pem,
        scopes=["payments:read"],
        allowed_addresses=LIST,
        now=timezone.now(),
    )
    shown = {**THROUGH_PROXY, "HTTP_X_CLIENT_CERTIFICATE": as_header(pem)}
    client = Program(make_application()).client

    inside = client.get("/api/v1/payments", **shown)
    outside = client.get("/api/v1/payments", **{**shown, "HTTP_X_FORWARDED_FOR": "198.51.100.9"})

    assert inside.status_code == 200
    assert code_of(outside) == (403, "address_not_allowed")


def test_what_a_bound_caller_makes_is_bound_as_it_is(merchant):
    shop = Shop(merchant, allowed_addresses=["127.0.0.0/8"])
    new = {"name": "Caisse", "scopes": ["payments:read"]}

    everywhere = shop.send("POST", "oauth_applications", new)
    within = shop.send("POST", "oauth_applications", {**new, "allowed_addresses": ["127.0.0.1"]})

    assert code_of(everywhere) == (403, "address_not_grantable")
    assert within.json()["allowed_addresses"] == ["127.0.0.1/32"]
