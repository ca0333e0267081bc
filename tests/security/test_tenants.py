"""No row of one merchant is reachable by another: every route is tried, as the URL map has them."""

import re

import pytest

from apps.core.public_ids import encode_id, new_id
from apps.merchants import scopes
from tests.api.conftest import Shop, refusal
from tests.security.routes import (
    FOR_EVERY_CREDENTIAL,
    OF_AN_OBJECT,
    ROUTES,
    WITH_BODY,
    all_but,
    call,
    fingerprint,
    prepare,
    undone,
)
from tests.security.walk import KINDS, OBJECTS, PLACES, QUERIES, REFERENCES

pytestmark = pytest.mark.django_db

BY_NAME = {str(route): route for route in ROUTES}
LISTS = [route for route in ROUTES if route.method == "GET"]


def body_for(world, route):
    return world.body(route) if route in WITH_BODY else None


def test_ones_own_object_is_served(world, subtests):
    world.know(OF_AN_OBJECT)
    for route in OF_AN_OBJECT:
        with subtests.test(str(route)), undone():
            # Without this a walk with ids that nobody has would find everything in order.
            prepare(world, route)

            answer = call(world.shop, route, world.address(route), body_for(world, route))

            assert answer.status_code < 300, answer.content


def test_another_merchants_object_is_not_found_and_not_touched(world, stranger, subtests):
    for route in OF_AN_OBJECT:
        with subtests.test(str(route)):
            address, body = world.address(route), body_for(world, route)
            before = fingerprint()

            answer = call(stranger.shop, route, address, body)

            status, code, _ = refusal(answer)
            assert status == 404
            assert code.endswith("_not_found")
            assert fingerprint() == before


def test_an_object_of_the_other_mode_is_named_as_such_and_not_touched(world, other_mode, subtests):
    for route in OF_AN_OBJECT:
        with subtests.test(str(route)):
            address, body = other_mode.address(route), body_for(other_mode, route)
            before = fingerprint()

            answer = call(world.shop, route, address, body)

            assert refusal(answer)[:2] == (404, "wrong_mode")
            assert fingerprint() == before


def test_anothers_object_is_not_found_beneath_ones_own(world, stranger, subtests):
    for route in [one for one in OF_AN_OBJECT if len(set(one.parameters) - PLACES) > 1]:
        with subtests.test(str(route)):
            first, *rest = route.parameters
            ids = {first: stranger.id(first)} | {name: world.id(name) for name in rest}
            address = "/api/v1/" + route.path.format_map(ids)
            before = fingerprint()

            answer = call(stranger.shop, route, address, body_for(stranger, route))

            assert refusal(answer)[0] == 404
            assert fingerprint() == before


@pytest.mark.parametrize(("name", "body"), REFERENCES, ids=[name for name, _ in REFERENCES])
def test_a_body_cannot_name_anothers_object(world, stranger, name, body):
    route = BY_NAME[name]
    address, foreign = stranger.address(route), body(world)
    before = fingerprint()

    answer = call(stranger.shop, route, address, foreign)

    status, code, _ = refusal(answer)
    assert status == 404
    assert code.endswith("_not_found")
    assert fingerprint() == before


@pytest.mark.parametrize("operator", ["mtn", "orange"])
def test_anothers_reference_finds_nothing(world, stranger, other_mode, operator):
    reference = world.row(f"{operator}_payment_id").merchant_reference
    address = f"/api/v1/{operator}/status/{reference}"

    assert world.shop.get(address).status_code == 200
    for other in (stranger, other_mode):
        assert refusal(other.shop.get(address))[:2] == (404, "payment_not_found")


def test_what_one_reads_holds_nothing_of_anothers(world, stranger, other_mode, subtests):
    for route in LISTS:
        with subtests.test(str(route)):
            address = stranger.address(route)
            queries = [{}, *QUERIES.get(str(route), lambda other: [])(world)]
            secrets = [
                one.id(kind) for one in (world, other_mode) for kind in OBJECTS.keys() - PLACES
            ]

            answers = [stranger.shop.get(address, **query) for query in queries]

            for query, answer in zip(queries, answers, strict=True):
                # 421: streams have a process of their own, and a walk of their own.
                if "starting_after" in query:
                    assert refusal(answer) == (400, "invalid_page", "starting_after"), query
                    continue
                assert answer.status_code in {200, 421}, (query, answer.content)
                said = answer.content.decode()
                assert [secret for secret in secrets if secret in said] == [], query


def test_no_list_goes_on_from_what_nobody_has(world, subtests):
    paged = 0
    for route in LISTS:
        with subtests.test(str(route)):
            address = world.address(route)
            asked = world.shop.get(address, starting_after="x")
            # One object, or what comes without pages.
            if asked.status_code == 200 and b'"has_more"' not in asked.content:
                continue
            if asked.status_code == 421 or refusal(asked)[1] == "unknown_parameter":
                continue
            assert refusal(asked) == (400, "invalid_page", "starting_after")
            paged += 1
            [prefix] = re.findall(r"\((\w+)_…\)", asked.json()["detail"])

            of_nobody = world.shop.get(address, starting_after=encode_id(prefix, new_id()))

            assert refusal(of_nobody) == (400, "invalid_page", "starting_after")
    assert paged > 15


@pytest.mark.parametrize("name", QUERIES)
def test_the_queries_of_this_walk_find_something_of_ones_own(world, name):
    for query in QUERIES[name](world):
        if "starting_after" in query or "metadata[cart]" in query:
            continue
        answer = world.shop.get(world.address(BY_NAME[name]), **query)

        assert answer.json()["data"], query


def test_every_list_is_asked_for_what_is_anothers():
    # Lists of an object's own things are walked by its address; some have a cursor as well.
    lists = {str(route) for route in LISTS if not route.parameters or str(route) in QUERIES}
    # These have no filter and no cursor; the feed refuses another's (tests/realtime).
    single = {"GET me", "GET balance", "GET events/stream", "GET providers/availability"}
    single |= {"GET status", "GET fees"}

    # Figures name no object: tests/reporting/test_reports_api.py counts another's.
    figures = {one for one in lists if one.startswith("GET reports/")}

    assert len(figures) == 5
    assert set(QUERIES) == lists - single - figures - {"GET events/feed"}


def test_without_credentials_nothing_is_answered(world, subtests):
    for route in ROUTES:
        with subtests.test(str(route)):
            address, body = world.address(route), body_for(world, route)
            before = fingerprint()

            nobody = call(world.shop, route, address, body, headers={"Authorization": ""})
            impostor = call(world.shop, route, address, body, headers={"Authorization": "Bearer x"})

            assert refusal(nobody)[:2] == (401, "authentication_required")
            assert refusal(impostor)[0] == 401
            assert fingerprint() == before


def test_every_method_names_the_scope_it_all_but(subtests):
    for route in ROUTES:
        with subtests.test(str(route)):
            assert route.scopes is not None, f"{route.view.__name__}.scopes lacks {route.method}"
            assert (route.scopes == ()) == (str(route) in FOR_EVERY_CREDENTIAL)


def test_a_key_without_one_of_the_scopes_may_not(world, subtests):
    shops = {lacking: Shop(world.merchant, scopes=all_but(lacking)) for lacking in scopes.ALL}
    for shop in shops.values():
        shop.get("/api/v1/me")
    for route in ROUTES:
        address, body = world.address(route), body_for(world, route)
        before = fingerprint()
        for lacking in route.scopes or ():
            with subtests.test(str(route), lacking=lacking):
                answer = call(shops[lacking], route, address, body)

                assert refusal(answer)[:2] == (403, "scope_missing")
                assert lacking in answer.json()["detail"]
                assert fingerprint() == before


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_object_of_the_walk_stands_in_an_address(kind):
    named = {name for route in ROUTES for name in route.parameters}
    chosen = {name for kinds in KINDS.values() for name in kinds.values()}

    assert kind in named | chosen | {"paid_id", "paid_orange_id", "disputed_payment_id"}
