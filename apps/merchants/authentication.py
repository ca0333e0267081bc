"""Who is calling: API keys as Bearer tokens, and what their scopes allow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core.errors import DomainError
from apps.core.remembered import Remembered
from apps.merchants.api_key_format import digest_of, is_well_formed
from apps.merchants.caller import Caller, caller_of
from apps.merchants.models import ApiKey

# `last_used_at` is written at most this often.
USE_NOTED_EVERY = timedelta(minutes=1)


class ScopeMissing(DomainError):
    code = "scope_missing"
    status = 403
    title = "The API key may not do this."


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer lomi_sk_test_…`; request.auth is the Caller."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        header = request.headers.get("Authorization", "")
        scheme, _, key = header.partition(" ")
        if not header:
            raise NotAuthenticated("Send your key: Authorization: Bearer lomi_sk_test_…")
        if scheme.lower() != "bearer" or not is_well_formed(key):
            raise AuthenticationFailed("The key is malformed: copy it whole, after 'Bearer '.")
        return None, _find(key)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="lomi"'


class HasScope(BasePermission):
    """The key has the scope that the view's `scopes` names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        # HEAD is answered by the handler of GET.
        method = "GET" if request.method == "HEAD" else request.method
        needed = getattr(view, "scopes", {}).get(method)
        # A method without a handler is refused after this, by its own code.
        if needed is None or needed in caller_of(request).scopes:
            return True
        raise ScopeMissing(f"This key lacks the scope {needed}.")


def _find(key: str) -> Caller:
    found = _callers.get(digest_of(key))
    if found is None:
        raise AuthenticationFailed("The key is unknown, revoked or expired.")
    return found


def _load(digest: bytes) -> Caller | None:
    now = timezone.now()
    found = ApiKey.objects.usable(now=now).select_related("merchant").filter(digest=digest).first()
    if found is None:
        return None
    _note_use(found, now=now)
    return Caller(
        merchant=found.merchant,
        livemode=found.livemode,
        scopes=frozenset(found.scopes),
        credential=found.public_id,
    )


# A key found good is not looked up again for a second: a revocation takes effect within it.
_callers: Remembered[bytes, Caller | None] = Remembered(_load)


def _note_use(api_key: ApiKey, *, now: datetime) -> None:
    before = now - USE_NOTED_EVERY
    if api_key.last_used_at is None or api_key.last_used_at < before:
        # The condition keeps simultaneous requests from queueing up for one row.
        ApiKey.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lt=before), pk=api_key.pk
        ).update(last_used_at=now)
