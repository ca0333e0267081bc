"""Whatever a request says of its own text, it is answered."""

from io import BytesIO

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from django.urls import reverse_lazy

from apps.core.readable_types import readable_type
from config import asgi, wsgi

LOGIN = reverse_lazy("login")
FORM = "multipart/form-data; boundary=lomi"
UNREADABLE = [
    "application/json; a*=no-such''b",
    "multipart/form-data; boundary*=no-such''b",
    "application/json; charset=zlib",
    "application/json; charset=undefined",
    "application/json; charset=idna",
    "application/json; charset=utf-7",
    "application/json; charset=a\x00b",
    "application/json; a*0=b; a*=c''d",
]


def ask(method, path, said):
    """The status that a server is told."""
    told = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "status=%ff&after=\xff.+AGE-",
        "CONTENT_TYPE": said,
        "CONTENT_LENGTH": "2",
        "HTTP_HOST": "testserver",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(b"{}"),
    }
    b"".join(wsgi.application(environ, lambda status, *_: told.append(status)))
    return told


@pytest.mark.django_db
@pytest.mark.parametrize("said", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_type_that_nobody_can_read_is_no_failure_of_ours(said):
    assert ask("POST", "/api/v1/payments", said) == ["401 Unauthorized"]
    assert ask("GET", "/api/v1/payments", said) == ["401 Unauthorized"]
    assert readable_type(said) in ("application/json", "multipart/form-data")


@pytest.mark.django_db
def test_a_form_whose_part_nobody_can_read_is_a_bad_request(settings):
    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    head = "Content-Disposition: form-data; name=a; b*0=c; b*=d''e"
    form = f"--lomi\r\n{head}\r\n\r\nx\r\n--lomi--\r\n"

    assert client.generic("POST", str(LOGIN), form, content_type=FORM).status_code == 400


@pytest.mark.parametrize(
    "said",
    [
        "",
        "application/json",
        "application/json; charset=UTF-8",
        'text/plain; charset="iso-8859-1"',
        "text/plain; charset=no-such",
        FORM,
        f"{FORM}; charset=utf8",
    ],
)
def test_what_can_be_read_stays_as_it_was_sent(said):
    assert readable_type(said) == said


def test_the_page_for_prometheus_does_not_read_it_either():
    async def get():
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/metrics",
            "query_string": b"",
            "headers": [(b"host", b"testserver"), (b"content-type", UNREADABLE[0].encode())],
        }
        page = ApplicationCommunicator(asgi.application, scope)
        await page.send_input({"type": "http.request"})
        return await page.receive_output(5)

    assert async_to_sync(get)()["status"] == 404
