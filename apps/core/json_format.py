"""JSON as we read and write it: strict in, compact out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, overload

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.core.errors import DomainError

# Deeper bodies are attacks: ours need three levels.
DEPTH_MAX = 20
# Beyond 64 bits nothing can be an amount; beyond 4,300 digits Python refuses to parse.
DIGITS_MAX = 30


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    title = "The body is too large."


def dump(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


@overload
def instant_as_json(value: datetime) -> str: ...
@overload
def instant_as_json(value: datetime | None) -> str | None: ...
def instant_as_json(value: datetime | None) -> str | None:
    """An instant of UTC, to the millisecond: 2026-11-22T08:00:21.000Z."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None


class StrictJsonParser(BaseParser):
    """Refuses what other parsers let through: duplicate keys, NaN, NUL, lone surrogates, depth."""

    media_type = "application/json"
    # None: settings.REQUEST_BODY_BYTES_MAX.
    body_bytes_max: int | None = None

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        size_max = self.body_bytes_max or settings.REQUEST_BODY_BYTES_MAX
        body = stream.read(size_max + 1)
        if len(body) > size_max:
            raise BodyTooLarge(f"A body has at most {size_max} bytes.")
        return parse_object(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; raises ParseError saying what is wrong."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8 (byte {error.start}).") from None
    try:
        data = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_int=_bounded_int,
            parse_float=_bounded_float,
        )
    except json.JSONDecodeError as error:
        raise ParseError(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise ParseError("The body is nested too deeply.") from None
    if not isinstance(data, dict):
        raise ParseError("The body must be a JSON object.")
    _check(data, depth=1)
    return data


def _no_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The key {twice[:60]!r} stands twice.")
    return data


def _no_constant(name: str) -> None:
    raise ParseError(f"{name} is not JSON.")


def _bounded_int(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise ParseError("A number has too many digits.")
    return int(digits)


def _bounded_float(digits: str) -> float:
    if len(digits) > DIGITS_MAX:
        raise ParseError("A number has too many digits.")
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ParseError("A number is too large.")
    return value


def _check(value: Any, *, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise ParseError("The body is nested too deeply.")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth=depth + 1)


def _check_text(text: str) -> None:
    # PostgreSQL stores neither.
    if "\x00" in text:
        raise ParseError("Text must not contain the NUL character.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ParseError("Text must not contain lone surrogates.")


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dump(data)


class AlwaysJson(BaseContentNegotiation):
    """Answers are JSON whatever Accept says: a refusal must be readable too."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        for parser in parsers:
            if content_type == parser.media_type:
                return parser
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
