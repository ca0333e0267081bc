"""A record of the log is one line, and says the route of a request, never its path."""

import io
import logging

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from apps.core.log_format import KeyValueFormatter

FORGED = "2026-11-26 00:00:00 INFO lomi: all is well"


@pytest.fixture
def lines():
    """What reaches the log file, by the handler of the settings."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(KeyValueFormatter())
    for name in settings.LOGGING["handlers"]["stderr"]["filters"]:
        handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    logging.getLogger().addHandler(handler)
    yield lambda: stream.getvalue().splitlines()
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_nobody_writes_a_second_line(lines, end):
    logging.getLogger("x").warning(
        "said %s", f"a{end}{FORGED}", extra={"reason": f"b{end}{FORGED}"}
    )

    assert len(lines()) == 1


def test_no_line_of_a_traceback_passes_for_a_record(lines):
    try:
        raise ValueError(f"a\n{FORGED}\r{FORGED}")
    except ValueError:
        logging.getLogger("x").exception("broke")

    first, *more = lines()
    assert first.endswith("broke")
    assert more
    assert all(line.startswith("    ") for line in more)


def test_a_terminal_is_told_nothing_else(lines):
    logging.getLogger("x").warning("\x1b[2J\x07\x9b1m")

    assert "\\x1b[2J\\x07\\x9b1m" in lines()[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/pay/a-secret-token?code=a-secret-code", "pay/<str:token>"),
        ("/callbacks/mtn/a-secret-token?phone=237677000001", None),
        ("/a-secret-path?q=a-secret", "(no route)"),
        ("/admin/payments/payment/a-secret/change/?q=a-secret", None),
        ("/oauth/authorize?client_id=a-secret&state=a-secret&code=a-secret", None),
        ("/api/v1/payments/a-secret?x=a-secret", None),
    ],
)
def test_a_record_of_a_request_has_its_route_alone(lines, path, route):
    Client(HTTP_AUTHORIZATION="Bearer a-secret", HTTP_COOKIE="sessionid=a-secret").get(path)
    Client().post(path, {"password": "a-secret"}, headers={"Cookie": "sessionid=a-secret"})

    said = "\n".join(lines())
    assert "secret" not in said
    if route:
        assert f"route=/{route}" in said or f"route={route}" in said
