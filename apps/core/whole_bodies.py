"""Around the whole application: a request's body is read to its end, whoever answers it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings

# More than this is not waited for: the connection ends with the answer.
READ_BYTES_MAX = 32 * 1024 * 1024
PIECE_BYTES = 64 * 1024

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class WholeBodies:
    """A WSGI application that leaves no body unread and knows the length of each.

    A refusal such as 401 needs no body. The server, though, cannot use a connection again whose
    request was not read: it closes it, and a client still sending its body, or about to send its
    next request, sees the connection break instead of the refusal. So what the application left is
    read and thrown away before the answer goes out. A slow sender holds a thread meanwhile, as it
    does at every door that reads; in production nginx hands a request on once it is complete.

    A body in chunks has no length, and Django would take it for empty: it is read here, up to one
    byte more than any JSON of ours may have.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        # Without this a read at the end of the body would wait for ever.
        if not environ.get("wsgi.input_terminated"):
            return self._application(environ, start_response)
        whole = environ["wsgi.input"]
        if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH"):
            body = _read(whole, settings.FILES_BODY_BYTES_MAX + 1)
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        answer = self._application(environ, start_response)
        # Who sent half a body and left is not there to be answered.
        with contextlib.suppress(OSError):
            _throw_away(whole)
        return answer


def _read(stream: Any, size: int) -> bytes:
    pieces, left = [], size
    while left and (piece := stream.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _throw_away(stream: Any) -> None:
    left = READ_BYTES_MAX
    while left > 0 and (piece := stream.read(PIECE_BYTES)):
        left -= len(piece)
