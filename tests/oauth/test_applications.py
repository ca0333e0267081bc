"""OAuth applications as their merchant manages them."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.core.ttl_cache import clear_all
from apps.oauth.models import Application
from tests.factories import MerchantFactory
from tests.leaks import leaking_columns
from tests.oauth.conftest import BACK, Program, Shop, make_application

pytestmark = pytest.mark.django_db

LIST = "oauth_applications"
NEW = {"name": "Caisse", "redirect_uris": [BACK], "scopes": ["payments:read"]}


def code_of(answer):
    return answer.status_code, answer.json().get("code")


def test_a_secret_is_shown_once_and_kept_as_a_hash(shop):
    made = shop.send("POST", LIST, NEW, key="k").json()
    again = shop.send("POST", LIST, NEW, key="k").json()

    seen = shop.send("GET", f"{LIST}/{made['id']}").json()

    assert made["client_secret"].startswith("lomi_cs_")
    assert made["client_id"].startswith("lomi_app_") and made["id"].startswith("app_")
    assert again == made
    assert "client_secret" not in seen and made == {**seen, "client_secret": made["client_secret"]}
    with connection.cursor() as cursor:
        assert leaking_columns(cursor, [made["client_secret"]]) == []


def test_the_secret_shown_is_the_one_that_works(shop):
    made = shop.send("POST", LIST, NEW).json()
    application = Application.objects.get()
    application.secret = made["client_secret"]

    assert Program(application).own_tokens().status_code == 200


def test_a_program_that_keeps_no_secret_is_given_none(shop):
    made = shop.send("POST", LIST, {**NEW, "is_confidential": False}).json()

    assert made["client_secret"] is None and made["is_confidential"] is False


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uris": ["http://shop.example/back"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://shop.example/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://u:p@shop.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.shop.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://shop.example/a b"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://shop.example/;script-src"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://shop.example:x/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https:///x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://é.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({"redirect_uris": BACK}, "not_a_list"),
        ({"redirect_uris": [BACK] * 11}, "too_many"),
        ({"scopes": ["everything"]}, "unknown_scope"),
        ({"scopes": []}, "empty"),
        ({"is_confidential": "true"}, "not_boolean"),
        ({"name": ""}, "blank"),
        ({"user": 1}, "unknown_field"),
    ],
)
def test_what_cannot_be_is_refused_by_name(shop, changes, code):
    answer = shop.send("POST", LIST, {**NEW, **changes})

    assert code_of(answer) == (400, code)
    assert not Application.objects.exists()


def test_neither_secret_nor_address_is_no_program(shop):
    answer = shop.send(
        "POST", LIST, {"name": "x", "scopes": ["payments:read"], "is_confidential": False}
    )

    assert code_of(answer) == (422, "oauth_application_useless")


def test_no_credential_makes_a_program_that_outdoes_it(merchant):
    shop = Shop(merchant, scopes=["api_keys:write", "payments:read"])

    more = shop.send("POST", LIST, {**NEW, "scopes": ["payments:write"]})
    application = make_application(merchant, scopes=["payments:read"])
    wider = shop.send(
        "PATCH", f"{LIST}/{application.public_id}", {"scopes": ["payments:read", "balance:read"]}
    )

    assert code_of(more) == code_of(wider) == (403, "scope_not_grantable")


def test_a_strangers_application_is_not_found(shop):
    application = make_application(MerchantFactory())

    for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
        answer = shop.send(method, f"{LIST}/{application.public_id}", body)
        assert code_of(answer) == (404, "oauth_application_not_found")
    assert shop.send("GET", LIST).json()["data"] == []
    application.refresh_from_db()
    assert application.name == "Caisse" and application.deleted_at is None


def test_an_application_of_the_other_mode_is_told_so(shop):
    application = make_application(shop.merchant, livemode=True)

    answer = shop.send("GET", f"{LIST}/{application.public_id}")

    assert code_of(answer) == (404, "wrong_mode")


@pytest.mark.parametrize(
    "changes",
    [{"is_active": False}, {"scopes": ["payments:read"]}, {"certificate_bound_tokens": True}],
    ids=["off", "less", "certificate"],
)
def test_a_change_that_takes_something_away_ends_the_tokens(shop, member, changes):
    program = Program(make_application(shop.merchant))
    tokens = program.tokens(member)

    answer = shop.send("PATCH", f"{LIST}/{program.application.public_id}", changes)
    clear_all()

    assert answer.status_code == 200
    assert program.call(tokens["access_token"]).json()["code"] == "access_token_revoked"


def test_a_new_name_ends_nothing(shop, member):
    program = Program(make_application(shop.merchant))
    tokens = program.tokens(member)

    answer = shop.send("PATCH", f"{LIST}/{program.application.public_id}", {"name": "Till"})

    assert answer.json()["name"] == "Till"
    assert program.call(tokens["access_token"]).status_code == 200


def test_a_deleted_application_is_gone_with_its_tokens(shop, member):
    program = Program(make_application(shop.merchant))
    tokens, code = program.tokens(member), program.code(member)

    answer = shop.send("DELETE", f"{LIST}/{program.application.public_id}")
    clear_all()

    assert answer.json()["is_deleted"] is True
    gone = shop.send("GET", f"{LIST}/{program.application.public_id}")
    assert code_of(gone) == (404, "oauth_application_not_found")
    assert program.call(tokens["access_token"]).json()["code"] == "access_token_revoked"
    assert program.exchange(code).status_code == 401


def test_the_list_costs_the_same_however_long_it_is(shop, django_assert_num_queries):
    for _ in range(3):
        make_application(shop.merchant)
    shop.send("GET", LIST)

    with django_assert_num_queries(1):
        page = shop.send("GET", LIST + "?limit=2").json()

    assert len(page["data"]) == 2 and page["has_more"]


def test_there_is_a_limit(shop, monkeypatch):
    monkeypatch.setattr("apps.oauth.services.register_application.APPLICATIONS_MAX", 1)
    shop.send("POST", LIST, NEW)

    answer = shop.send("POST", LIST, NEW)

    assert code_of(answer) == (422, "too_many_oauth_applications")


def test_a_token_that_ends_cannot_make_what_does_not(merchant):
    application = make_application(merchant, scopes=["api_keys:write", "payments:read"])
    token = Program(application).own_tokens().json()["access_token"]
    shop = Shop(merchant)
    shop.key = token

    answer = shop.send("POST", LIST, NEW)

    assert code_of(answer) == (403, "expiry_not_grantable")
