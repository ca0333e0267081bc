"""What a query string may say: each wrong word is refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.datastructures import MultiValueDict
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id

PAGE = ("limit", "starting_after")
METADATA_PREFIX = "metadata["
TEXT_LENGTH_MAX = 500
VALUES_MAX = 50


class InvalidParameter(DomainError):
    code = "invalid_parameter"
    status = 400
    title = "A query parameter is not usable."


class UnknownParameter(DomainError):
    code = "unknown_parameter"
    status = 400
    title = "There is no such query parameter here."


class OnlyReadsTakeParameters(BasePermission):
    """What a request that changes something says stands in its body, and nowhere else: with the
    amount of a refund in the address, all of the payment would be given back."""

    def has_permission(self, request: Request, view: Any) -> bool:
        # A method that is not offered is told so.
        if request.method not in SAFE_METHODS and request.method in view.allowed_methods:
            for name in request.query_params:
                raise UnknownParameter(
                    f"{request.method} takes no query parameters: send it in the body.",
                    field=name[:60],
                )
        return True


def refuse_unknown(query: Mapping[str, Any], *known: str) -> None:
    """Raise UnknownParameter for a name that is not `known`; "metadata[" knows all metadata[…]."""
    for name in query:
        if name in known or (METADATA_PREFIX in known and name.startswith(METADATA_PREFIX)):
            continue
        names = ", ".join(f"{one}…]" if one.endswith("[") else one for one in known) or "none"
        raise UnknownParameter(f"Known here: {names}.", field=name[:60])


def text(query: Mapping[str, Any], name: str) -> str:
    """The value, "" when it was not sent. Sent twice it could mean either: it is refused."""
    values = _sent(query, name)
    if len(values) > 1:
        raise InvalidParameter("Send it once.", field=name)
    return values[0] if values else ""


def choice(query: Mapping[str, Any], name: str, choices: Collection[str], *, default: str) -> str:
    """One of `choices`, `default` when it was not sent."""
    value = text(query, name) or default
    if value not in choices:
        raise InvalidParameter(f"Send one of {', '.join(choices)}.", field=name)
    return value


def words(query: Mapping[str, Any], name: str, choices: Collection[str]) -> list[str]:
    """Comma-separated words, each one of `choices` and once; none when it was not sent. The
    parameter may be repeated: status=failed&status=expired."""
    found = texts(query, name)
    for word in found:
        if word not in choices:
            raise InvalidParameter(f"Send one or more of {', '.join(sorted(choices))}.", field=name)
    return found


def texts(query: Mapping[str, Any], name: str) -> list[str]:
    """Comma-separated texts, each once, also if the parameter is repeated."""
    found = [word for value in _sent(query, name) for word in value.split(",")]
    return list(dict.fromkeys(found))


def instant(query: Mapping[str, Any], name: str) -> datetime | None:
    """An ISO 8601 instant with its zone, e.g. 2026-11-22T08:00:00Z; a day alone is its start in
    UTC. None when it was not sent."""
    if name not in query:
        return None
    value = text(query, name)
    # In a query string a plus sign means a space.
    value = value.replace(" ", "+")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    is_day = len(value) == len("2026-11-22")
    if at is None or (at.tzinfo is None and not is_day):
        raise InvalidParameter("Send an instant such as 2026-11-22T08:00:00Z.", field=name)
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise InvalidParameter("Send an instant nearer to today.", field=name) from None


def object_id(query: Mapping[str, Any], name: str, *, prefix: str) -> UUID | None:
    """The UUID behind the public id of an object called `name`. None when it was not sent."""
    value = text(query, name)
    if not value:
        return None
    try:
        return decode_id(prefix, value)
    except InvalidPublicId:
        raise InvalidParameter(
            f"Send a {name}'s id, {prefix}_ and 26 characters.", field=name
        ) from None


def metadata(query: Mapping[str, Any]) -> dict[str, str]:
    """metadata[order]=42 as {"order": "42"}."""
    found = {}
    for name in query:
        if not name.startswith(METADATA_PREFIX):
            continue
        key = name.removeprefix(METADATA_PREFIX)
        if not key.endswith("]") or len(key) < 2 or "\x00" in key or not _is_storable(key):
            raise InvalidParameter("Write metadata[name]=value.", field=name[:60])
        found[key[:-1]] = text(query, name)
    return found


def _sent(query: Mapping[str, Any], name: str) -> list[str]:
    """Every value that was sent under the name."""
    if name not in query:
        return []
    values = query.getlist(name) if isinstance(query, MultiValueDict) else [query[name]]
    if len(values) > VALUES_MAX:
        raise InvalidParameter(f"Send it at most {VALUES_MAX} times.", field=name)
    for value in values:
        if "\x00" in value or not _is_storable(value):
            raise InvalidParameter("Send plain text.", field=name)
        if len(value) > TEXT_LENGTH_MAX:
            raise InvalidParameter(f"Send at most {TEXT_LENGTH_MAX} characters.", field=name)
    return [str(value) for value in values]


def _is_storable(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
