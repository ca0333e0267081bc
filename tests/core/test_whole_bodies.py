from io import BytesIO

import pytest
from django.conf import settings

from apps.core.whole_bodies import PIECE_BYTES, READ_BYTES_MAX, WholeBodies


class Endless:
    """A body that does not end."""

    read_bytes = 0

    def read(self, size):
        self.read_bytes += size
        return b"x" * size


class Broken:
    def read(self, size):
        raise ConnectionResetError


def serve(stream, *, reads=0, **environ):
    """What the application read of `stream`, and the length it was told."""
    read = []

    def application(environ, start_response):
        read.append(environ["wsgi.input"].read(reads))
        read.append(environ.get("CONTENT_LENGTH"))
        return [b"answer"]

    around = WholeBodies(application)
    environ = {"wsgi.input": stream, "wsgi.input_terminated": True, **environ}
    assert around(environ, None) == [b"answer"]
    return read


def test_what_the_application_left_is_read():
    body = BytesIO(b"x" * 3 * PIECE_BYTES)

    serve(body, reads=10, CONTENT_LENGTH=str(3 * PIECE_BYTES))

    assert body.read() == b""


def test_a_body_without_end_is_read_so_far_and_no_farther():
    body = Endless()

    serve(body, CONTENT_LENGTH="1000000000000")

    assert body.read_bytes == READ_BYTES_MAX


@pytest.mark.parametrize("size", [0, 9, 64 * 1024])
def test_a_body_in_chunks_gets_its_length(size):
    read = serve(BytesIO(b"x" * size), reads=size + 1, HTTP_TRANSFER_ENCODING="chunked")

    assert read == [b"x" * size, str(size)]


def test_a_body_in_chunks_too_large_is_handed_on_as_too_large():
    body = BytesIO(b"x" * 10_000_000)

    _, length = serve(body, HTTP_TRANSFER_ENCODING="chunked")

    assert int(length) == settings.FILES_BODY_BYTES_MAX + 1
    assert body.read() == b""


def test_who_left_in_the_middle_of_a_body_breaks_nothing():
    serve_broken = WholeBodies(lambda environ, start_response: [])

    assert serve_broken({"wsgi.input": Broken(), "wsgi.input_terminated": True}, None) == []


def test_a_server_that_does_not_mark_the_end_of_a_body_is_not_waited_for():
    body = BytesIO(b"x" * 10)

    around = WholeBodies(lambda environ, start_response: [])
    around({"wsgi.input": body, "CONTENT_LENGTH": "10"}, None)

    assert body.tell() == 0
