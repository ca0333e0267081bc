"""What is not one clean JSON object is refused with its reason, at every door that takes a body."""

import json

import pytest
from django.conf import settings

from apps.core.api.file_form import FileFormParser
from apps.core.json_format import FilesJsonParser
from tests.api.conftest import refusal
from tests.security.routes import OF_AN_OBJECT, ROUTES, WITH_BODY, call, fingerprint, undone
from tests.tries import at_length

pytestmark = pytest.mark.django_db

MALFORMED = {
    "nothing closed": b"{",
    "not an object": b"[]",
    "null": b"null",
    "no JSON": b"amount=1500",
    "two objects": b"{}{}",
    "a key twice": b'{"x":1,"x":1}',
    "a key twice, deep": b'{"x":{"y":[{"z":1,"z":2}]}}',
    "NaN": b'{"x":NaN}',
    "Infinity": b'{"x":-Infinity}',
    "a number beyond any float": b'{"x":1e999}',
    "a huge integer": b'{"x":1' + b"0" * 5_000 + b"}",
    "many digits": b'{"x":0.' + b"1" * 5_000 + b"}",
    "NUL": b'{"x":"\\u0000"}',
    "NUL in a key": b'{"\\u0000":"x"}',
    "a lone surrogate": b'{"x":"\\ud800"}',
    "surrogates in disorder": b'{"x":"\\udc00\\ud800"}',
    "a surrogate in a key": b'{"\\udfff":1}',
    "not UTF-8": b'{"x":"\xff"}',
    "UTF-16": json.dumps({"x": 1}).encode("utf-16"),
    "UTF-8 of a surrogate": b'{"x":"\xed\xa0\x80"}',
    "cut off in a character": b'{"x":"\xc3',
    "a bomb of lists": b"[" * 60_000,
    "a bomb of objects": b'{"x":' * 10_000 + b"1" + b"}" * 10_000,
    "too deep": b'{"x":' * 30 + b"1" + b"}" * 30,
}


CONTENT_TYPES = [
    "text/plain",
    "text/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "",
]

STRANGE_IDS = [
    "%00",
    "%ff",
    "pay_" + "z" * 26,
    "a" * 3_000,
    "..%2f..%2f",
    "%ed%a0%80",
    "' OR 1=1",
]


# One parser reads for all doors of a kind: the first of each is sent everything, every other one
# some of it, and all are in a night's run.
SHARE = at_length(5, 1)


def sent_to(number, is_first):
    return list(MALFORMED) if is_first else list(MALFORMED)[number % SHARE :: SHARE]


def test_every_door_is_sent_something_malformed_and_everything_is_sent_to_many():
    each = [set(sent_to(number, is_first=False)) for number in range(len(WITH_BODY))]

    assert all(each)
    assert all(sum(what in some for some in each) > 10 for what in MALFORMED)


@pytest.mark.longer
def test_what_is_not_one_clean_json_object_is_refused(world, subtests):
    doors = set()
    for number, route in enumerate(WITH_BODY):
        door = (route.method, *route.view.parser_classes)
        sent = sent_to(number, is_first=door not in doors)
        doors.add(door)
        with subtests.test(str(route)):
            address = world.address(route)
            good = json.dumps(world.body(route)).encode()
            latin = {"content_type": "application/json; charset=latin-1"}
            before = fingerprint()

            def said(body, route=route, address=address, **kind):
                return refusal(call(world.shop, route, address, body, **kind))[:2]

            malformed = {what: said(MALFORMED[what]) for what in sent}
            # UTF-8, whatever the header says.
            malformed["another charset"] = said(b'{"x":"caf\xe9"}', **latin)
            takes_files = FilesJsonParser in route.view.parser_classes
            most = settings.FILES_BODY_BYTES_MAX if takes_files else 64 * 1024
            large = {said(good + b" " * (size - len(good))) for size in (most + 1, 10_000_000)}
            mistyped = {
                said(good, content_type=content_type)
                for content_type in CONTENT_TYPES
                # Read as the form that it claims to be: tests/payout_batches/test_batch_form.py.
                if not (FileFormParser in route.view.parser_classes and "form-data" in content_type)
            }

            assert {
                what for what, code in malformed.items() if code != (400, "malformed_json")
            } == set()
            assert large == {(413, "body_too_large")}
            assert mistyped == {(415, "unsupported_media_type")}
            assert fingerprint() == before


def test_an_unknown_field_is_named(world, subtests):
    for route in WITH_BODY:
        with subtests.test(str(route)):
            address, body = world.address(route), {**world.body(route), "no_such_field": 1}
            before = fingerprint()

            answer = call(world.shop, route, address, body)

            assert refusal(answer) == (400, "unknown_field", "no_such_field")
            assert fingerprint() == before


def test_a_query_nobody_knows_breaks_nothing(world, subtests):
    world.know(ROUTES)
    for route in ROUTES:
        with subtests.test(str(route)), undone():
            address = (
                world.address(route) + "?limit=%00&starting_after=%ed%a0%80&x[=]&created_after=9e9"
            )
            body = world.body(route) if route in WITH_BODY else None

            assert call(world.shop, route, address, body).status_code < 500


def test_an_id_that_is_none_is_not_found(world, subtests):
    for route in OF_AN_OBJECT:
        with subtests.test(str(route)):
            body = world.body(route) if route in WITH_BODY else None
            before = fingerprint()

            found = {
                strange: refusal(
                    call(
                        world.shop,
                        route,
                        "/api/v1/"
                        + route.path.format_map(dict.fromkeys(route.parameters, strange)),
                        body,
                    )
                )[0]
                for strange in STRANGE_IDS
            }

            assert found == dict.fromkeys(STRANGE_IDS, 404)
            assert fingerprint() == before


@pytest.mark.parametrize("host", ["{56Nq", "a b", "host:port:port", "[::1", "\xe9"])
def test_a_host_that_is_none_is_refused_in_the_form_of_the_door(world, client, host):
    program = world.shop.post({}, path="/api/v1/realtime/tickets", headers={"Host": host})
    person = client.get("/pay/x", headers={"accept": "text/html", "host": host})

    assert refusal(program) == (400, "invalid_request", "")
    assert person.status_code == 400
    assert person.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in person.headers["Content-Security-Policy"]
