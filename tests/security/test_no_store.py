"""Nobody in between keeps an answer of ours."""

import pytest
from django.test import Client

from tests.security.routes import ROUTES, WITH_BODY, call, undone

pytestmark = pytest.mark.django_db

# They say themselves how long: the same for everybody.
PUBLIC = ["/docs/en/", "/api/v1/openapi.json"]


def test_no_answer_may_be_kept(world, subtests):
    world.know(ROUTES)
    for route in ROUTES:
        assert world.address(route) not in PUBLIC
        with subtests.test(str(route)), undone():
            address = world.address(route)
            body = world.body(route) if route in WITH_BODY else None

            answers = [
                call(world.shop, route, address, body),
                call(world.shop, route, address, b"{"),
                call(world.shop, route, address, body, headers={"Authorization": "Bearer x"}),
                call(world.shop, route, f"{address}/nothing", body),
            ]

            for answer in answers:
                assert "no-store" in answer["Cache-Control"], (answer.status_code, answer.content)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/health"),
        ("POST", "/oauth/token"),
        ("POST", "/oauth/revoke"),
        ("POST", "/oauth/introspect"),
        ("GET", "/oauth/authorize"),
        ("GET", "/login"),
        ("GET", "/admin/"),
        ("GET", "/admin/login/"),
        ("POST", "/callbacks/mtn_momo/x"),
        ("GET", "/pay/x"),
        ("GET", "/nothing"),
        ("GET", "/.well-known/security.txt"),
    ],
)
def test_no_page_may_be_kept(method, address):
    answer = Client(raise_request_exception=False).generic(method, address)

    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_the_same_for_everybody_says_how_long(address):
    assert "max-age" in Client().get(address)["Cache-Control"]


def test_nobody_answers_before_it_is_said(settings):
    # A database that is away is told by a middleware, too.
    first = next(name for name in settings.MIDDLEWARE if not name.endswith("InstanceHeader"))

    assert first == "apps.core.no_store.NoStore"
