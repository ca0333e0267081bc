"""Who is calling: API keys as Bearer tokens, and what their scopes allow."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core.client_address import client_address
from apps.core.errors import DomainError
from apps.core.row_mapper import columns, map_row, width
from apps.core.ttl_cache import TtlCache
from apps.merchants.api_key_format import digest_of, is_well_formed
from apps.merchants.caller import Caller, Network
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.scopes import ITSELF

# OAuth access tokens, which have an authentication class of their own.
ACCESS_TOKEN_PREFIX = "lomi_at_"  # noqa: S105 (no secret)
# `last_used_at` is written at most this often.
USE_NOTED_EVERY = timedelta(minutes=1)

HOW = "Send your key: Authorization: Bearer lomi_sk_test_…"


class ApiKeyMalformed(DomainError):
    code = "api_key_malformed"
    status = 401
    title = "This is not an API key."


class ApiKeyUnknown(DomainError):
    code = "api_key_unknown"
    status = 401
    title = "There is no such API key."


class ApiKeyExpired(DomainError):
    code = "api_key_expired"
    status = 401
    title = "The API key has expired."


class ApiKeyRevoked(DomainError):
    code = "api_key_revoked"
    status = 401
    title = "The API key was revoked."


class MerchantInactive(DomainError):
    code = "merchant_inactive"
    status = 403
    title = "The merchant's account is closed."


class AddressNotAllowed(DomainError):
    code = "address_not_allowed"
    status = 403
    title = "The credential may not be used from here."


class ScopeMissing(DomainError):
    code = "scope_missing"
    status = 403
    title = "The API key may not do this."


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer lomi_sk_test_…`; request.auth is the Caller."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            raise NotAuthenticated(HOW)
        scheme, _, key = header.partition(" ")
        if scheme.lower() == "bearer" and key.startswith(ACCESS_TOKEN_PREFIX):
            return None
        if scheme.lower() != "bearer" or not is_well_formed(key):
            raise ApiKeyMalformed("Copy the key whole, after 'Bearer '.")
        return None, _authenticate(key, request)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="lomi"'


class HasScope(BasePermission):
    """The credential has the scope that the view's `scopes` names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.auth
        if not isinstance(caller, Caller):
            # No authentication class took what was sent.
            raise NotAuthenticated(HOW)
        # HEAD is answered by the handler of GET.
        method = "GET" if request.method == "HEAD" else request.method
        # A method without a handler is refused after this, by its own code.
        check_scopes(caller, *needed_scopes(view, method or ""))
        return True


def needed_scopes(view: Any, method: str) -> tuple[str, ...]:
    """The scopes that a view names for a method: one, several, or none (scopes.ITSELF)."""
    named: str | tuple[str, ...] = getattr(view, "scopes", {}).get(method, ITSELF)
    if isinstance(named, tuple):
        return named
    return (named,) if named else ()


def check_scopes(caller: Caller, *needed: str) -> None:
    """Raise ScopeMissing unless the caller has all of these."""
    lacking = [scope for scope in needed if scope not in caller.scopes]
    if lacking:
        raise ScopeMissing(f"This key lacks the scope {', '.join(lacking)}.")


@dataclass(slots=True)
class _Known:
    """A key as it was when last read, at most a second ago."""

    id: UUID
    caller: Caller
    is_revoked: bool
    last_used_at: datetime | None


def _authenticate(key: str, request: Request) -> Caller:
    # Only the digest is looked up: right or wrong first characters cost the same.
    known = _keys.get(digest_of(key))
    if known is None:
        raise ApiKeyUnknown("Check that you copied the right key, of the right environment.")
    caller, now = known.caller, timezone.now()
    if known.is_revoked:
        raise ApiKeyRevoked("Use another key, or ask an owner of the account for one.")
    if caller.expires_at is not None and caller.expires_at <= now:
        raise ApiKeyExpired("Use the key that replaced it, or ask an owner for one.")
    if not caller.merchant.is_active:
        raise MerchantInactive("Ask our support.")
    check_address(caller, request)
    _note_use(known, now=now)
    return caller


def check_address(caller: Caller, request: HttpRequest | Request) -> None:
    """Raise AddressNotAllowed unless the caller may call from where this comes from."""
    if not is_within(caller.networks, request):
        raise AddressNotAllowed(
            f"Requests from {client_address(request)} are not on the credential's "
            "allowed_addresses."
        )


def is_within(networks: Collection[Network], request: HttpRequest | Request) -> bool:
    """Whether the request comes from one of these networks; none means everywhere."""
    if not networks:
        return True
    address = client_address(request)
    if address is None:
        return False
    return any(address in network for network in networks)


@cache
def _select() -> str:
    # Each caller's first request in a second runs this: composed once, it costs a quarter.
    return (
        f"SELECT d.application_id, d.grant_id, {columns(ApiKey, 'k')}, {columns(Merchant, 'm')}"  # noqa: S608 (our own words)
        " FROM merchants_apikey k JOIN merchants_merchant m ON m.id = k.merchant_id"
        " LEFT JOIN merchants_delegatedobject d ON d.object_id = k.id WHERE k.digest = %s"
    )


def _load(digest: bytes) -> _Known | None:
    with connection.cursor() as cursor:
        cursor.execute(_select(), [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    application_id, grant_id, *values = row
    found = map_row(ApiKey, values[: width(ApiKey)])
    found.merchant = map_row(Merchant, values[width(ApiKey) :])
    return _Known(
        id=found.pk,
        caller=Caller(
            merchant=found.merchant,
            livemode=found.livemode,
            scopes=frozenset(found.scopes),
            credential=found.public_id,
            kind=f"{found.kind}_key",
            expires_at=found.expires_at,
            networks=tuple(ip_network(text) for text in found.allowed_addresses),
            application_id=application_id,
            grant_id=grant_id,
        ),
        is_revoked=found.revoked_at is not None,
        last_used_at=found.last_used_at,
    )


# A known key is not looked up again for a second: a revocation takes effect within it. The end of
# a key is compared with the clock at each request.
_keys: TtlCache[bytes, _Known | None] = TtlCache(_load)


def _note_use(known: _Known, *, now: datetime) -> None:
    before = now - USE_NOTED_EVERY
    if known.last_used_at is None or known.last_used_at < before:
        known.last_used_at = now
        # The condition keeps simultaneous requests from queueing up for one row.
        ApiKey.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lt=before), pk=known.id
        ).update(last_used_at=now)
