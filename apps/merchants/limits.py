"""How often a caller, a stranger's address or a payer may come."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv6Address, ip_network
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.core.api.problem_details import problem_response
from apps.core.client_address import Address, client_address
from apps.core.errors import DomainError
from apps.core.rate_limit import Limit, Quota
from apps.merchants.caller import Caller, caller_of
from apps.vault.blind_index import blind_index

API = "/api/"
DAY_S = 86_400


class PayerRateLimited(DomainError):
    code = "payer_rate_limited"
    status = 429
    title = "Too many payments were asked of this payer."


class PayerDailyLimit(DomainError):
    code = "payer_daily_limit"
    status = 429
    title = "This payer was asked often enough for a day."


class PayerAskedByMany(DomainError):
    code = "payer_asked_by_many"
    status = 429
    title = "Many merchants have asked this payer."


class PayeeRateLimited(DomainError):
    code = "payee_rate_limited"
    status = 429
    title = "Too many payouts were asked for this payee."


class WithinLimits(BaseThrottle):
    """Counts the request against its credential and its merchant before it is served.

    A view whose service takes the limits itself, together with its own, says so:
    `counted_by_service = {"POST"}`, and hands it quota_of(request).
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, Caller) and request.method not in getattr(
            view, "counted_by_service", ()
        ):
            quota_of(request).acquire()
        return True


class RateLimits:
    """The middleware that tells every caller of the API what is left, and counts who was not yet
    counted: refused callers, and addresses whose credentials are not good."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not request.path_info.startswith(API):
            return response
        quota = _quota_after(request, response)
        if quota is None:
            return response
        if not quota.is_taken and response.status_code < 500:
            try:
                quota.acquire()
            except DomainError as refusal:
                response = _problem(refusal)
        for name, value in quota.headers().items():
            response[name] = value
        return response


def quota_of(request: Request) -> Quota:
    """What the caller of this request may still do; the same each time it is asked for."""
    plain = request._request
    found: Quota | None = getattr(plain, "quota", None)
    if found is None:
        found = Quota(_caller_limits(caller_of(request)))
        plain.quota = found  # type: ignore[attr-defined]
    return found


def payer_limits(*, scope: str, phone_index: bytes, livemode: bool, name: str) -> list[Limit]:
    """Payments that ask one payer: of one merchant and mode in a minute; with real money, also in
    a day, and of all merchants together.

    What all may ask together is a multiple of what one may: no merchant uses it up for the others.

    Args:
        phone_index: the blind index of the number; the limiter never sees the number.
        name: what tells this payment from the merchant's others; a repeated request counts once.
    """
    quotas = settings.RATE_LIMITS
    everybody = Limit(
        policy="payer_all",
        key=phone_index.hex(),
        quota=quotas["payer_live_all"],
        name=hashlib.blake2s(f"{scope} {name}".encode(), digest_size=16).hexdigest(),
        refusal=PayerAskedByMany,
        is_told=False,
    )
    own = replace(
        everybody,
        policy="payer",
        key=f"{scope}:{everybody.key}",
        quota=quotas["payer_live" if livemode else "payer_test"],
        refusal=PayerRateLimited,
        is_told=True,
    )
    if not livemode:
        return [own]
    own_day = replace(
        own,
        policy="payer_day",
        quota=quotas["payer_live_day"],
        window_s=DAY_S,
        refusal=PayerDailyLimit,
    )
    everybody_day = replace(
        everybody, policy="payer_all_day", quota=quotas["payer_live_all_day"], window_s=DAY_S
    )
    return [own, own_day, everybody, everybody_day]


def payee_limit(*, merchant_id: UUID, phone_index: bytes, livemode: bool) -> Limit:
    """Payouts of one merchant and mode to one payee in a minute: as many as a payer is asked for
    payments. More of them are a program in a loop.

    Args:
        phone_index: the blind index of the number; the limiter never sees the number.
    """
    mode = "live" if livemode else "test"
    return Limit(
        policy="payee",
        key=f"{merchant_id}:{mode}:{phone_index.hex()}",
        quota=settings.RATE_LIMITS[f"payer_{mode}"],
        refusal=PayeeRateLimited,
    )


def client_secret_limits(*, address: Address | None, client_id: str) -> list[Limit]:
    """Wrong client secrets: from one network, and for one client from one network.

    Never for a client from everywhere: anybody could lock it out.
    """
    network, quotas = network_key(address), settings.RATE_LIMITS
    client = blind_index(f"{client_id} {network}", purpose="oauth_client").hex()
    return [
        Limit(policy="client_address", key=network, quota=quotas["client_secret_address"]),
        Limit(policy="client_secret", key=client, quota=quotas["client_secret"]),
    ]


def _caller_limits(caller: Caller) -> list[Limit]:
    quotas = settings.RATE_LIMITS
    return [
        Limit(policy="default", key=caller.credential, quota=quotas["credential"]),
        Limit(policy="merchant", key=caller.scope, quota=quotas["merchant"]),
    ]


def _quota_after(request: HttpRequest, response: HttpResponse) -> Quota | None:
    found: Quota | None = getattr(request, "quota", None)
    if found is not None:
        return found
    # Django REST framework leaves it on the plain request too.
    caller = getattr(request, "auth", None)
    if isinstance(caller, Caller):
        return Quota(_caller_limits(caller))
    if response.status_code == 401:
        quota = settings.RATE_LIMITS["unauthenticated"]
        key = network_key(client_address(request))
        return Quota([Limit(policy="unauthenticated", key=key, quota=quota)])
    return None


def network_key(address: Address | None) -> str:
    """Whose the address is, without telling: one household has 2^64 addresses of IPv6."""
    if isinstance(address, IPv6Address):
        address = ip_network((address, 64), strict=False).network_address
    return blind_index(str(address), purpose="client_address").hex()


def _problem(refusal: DomainError) -> HttpResponse:
    answer = problem_response(
        status=refusal.status, code=refusal.code, title=refusal.title, detail=refusal.detail
    )
    answer["Retry-After"] = str(refusal.retry_after_s)
    return answer
