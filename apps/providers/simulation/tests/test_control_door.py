"""Who may arm faults and read the books: nobody who was only meant to pay."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request

import pytest

from apps.providers.simulation.control_door import ControlDoor, ControlServer
from local.ports import choose_port

from .conftest import TOKEN, Answered

CALLS = [
    ("GET", "/control/health"),
    ("GET", "/control/faults"),
    ("POST", "/control/faults"),
    ("DELETE", "/control/faults"),
    ("GET", "/control/books/kori"),
    ("POST", "/control/reports"),
    ("POST", "/control/plant"),
    ("POST", "/control/settings"),
    ("POST", "/control/reset"),
]


def ask(door, method, path, **headers):
    started = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_LENGTH": "2",
        "wsgi.input": io.BytesIO(b"{}"),
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    parts = door(environ, lambda line, _: started.append(line))
    return Answered(int(started[0].split()[0]), b"".join(parts))


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_the_port_of_the_payers_controls_nothing(application, method, path):
    answer = ask(application, method, path, authorization=f"Bearer {TOKEN}")

    assert answer.status == 404


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_without_the_token_nothing_is_controlled(application, method, path, shown):
    answer = ask(ControlDoor(application.control, TOKEN), method, path, authorization=shown)

    assert answer.status == 401


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://shop.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}],
)
def test_a_page_is_refused_even_with_the_token(application, headers):
    door = ControlDoor(application.control, TOKEN)

    answers = [
        ask(door, method, "/control/reset", authorization=f"Bearer {TOKEN}", **headers)
        for method in ("POST", "OPTIONS")
    ]

    assert [answer.status for answer in answers] == [403, 403]


def test_a_short_token_opens_nothing(application):
    with pytest.raises(ValueError, match="fewer than"):
        ControlDoor(application.control, "short")


def test_the_door_is_served_beside_the_simulators(application):
    port = choose_port()
    server = ControlServer(ControlDoor(application.control, TOKEN), host="127.0.0.1", port=port)
    url = f"http://127.0.0.1:{port}/control/health"
    try:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            state = json.load(answer)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(url, timeout=60)
    finally:
        server.close()

    assert state["providers"] == ["kori"]


def test_the_port_of_the_payers_says_that_it_runs(application):
    assert ask(application, "GET", "/health").json() == {"status": "ok"}
