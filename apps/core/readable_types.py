"""Around the whole application: no request breaks it by what it says of its own text."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

# By these any bytes are text, or are no text of it, soon. Django believes the charset of a request
# for its query too; Python knows some by which it fails, or takes the square of the time.
CHARSETS = {"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"}

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class ReadableTypes:
    """A WSGI application whose Content-Type loses the parameters that nobody can read."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if said := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = readable_type(said)
        return self._application(environ, start_response)


def readable_type(said: str) -> str:
    """The same Content-Type, or without its parameters."""
    return said if _is_readable(said) else said.partition(";")[0]


def _is_readable(said: str) -> bool:
    try:
        _, parameters = parse_header_parameters(said)
        charset = parameters.get("charset")
        return charset is None or codecs.lookup(charset).name in CHARSETS
    except LookupError:
        # Django passes over it.
        return True
    except Exception:
        # It is read as a header of an e-mail: Python says in many ways that it is none.
        return False
