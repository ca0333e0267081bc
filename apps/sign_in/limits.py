"""How often somebody may try to sign in, from one network and under one name.

Counted before a password is hashed or a code compared. A name is slowed for the network that tries
it and for no other, so that nobody can lock its owner out.
"""

from __future__ import annotations

from ipaddress import ip_network

from django.conf import settings

from apps.core.client_address import Address
from apps.core.errors import DomainError
from apps.core.rate_limit import Limit, acquire, refuse
from apps.vault.blind_index import blind_index

HOUR_S = 3600


class LoginRateLimited(DomainError):
    code = "login_rate_limited"
    status = 429
    title = "Too many attempts to log in."


class LoginUnavailable(DomainError):
    code = "login_unavailable"
    status = 503
    title = "Nobody can log in at the moment."


def limit_login(*, address: Address | None, user: str) -> None:
    """Count an attempt to log in, before anything is looked up.

    Without Redis nobody logs in: a password could be guessed at leisure.

    Args:
        user: what was typed as the name.

    Raises:
        LoginRateLimited: too many from this address, or for this name from this network.
        LoginUnavailable: Redis is away.
    """
    name = user.strip().casefold()
    _take([_by_address(address), *_by_name(address, name)])


def limit_code(*, address: Address | None, user_id: int) -> None:
    """Count an attempt at a second factor.

    Who gets here knows the password; a hundred networks of hers must not add up, so there is a
    limit of all networks too.

    Raises:
        LoginRateLimited, LoginUnavailable: as for limit_login.
    """
    everywhere = _limit("login_code", f"{user_id}", "login_code_hour", HOUR_S)
    _take([_by_address(address), *_by_name(address, f"code {user_id}"), everywhere])


def network_index(address: Address | None) -> str:
    """Which network it is, without telling: an IPv4 address, or the /64 of one household."""
    network = (
        ip_network((address, 64 if address.version == 6 else 32), strict=False)
        if (address)
        else None
    )
    return blind_index(str(network), purpose="client_address").hex()


def _by_address(address: Address | None) -> Limit:
    return _limit("login_address", network_index(address), "login_address", 60)


def _by_name(address: Address | None, name: str) -> list[Limit]:
    key = blind_index(f"{_wide_network(address)} {name}", purpose="login").hex()
    return [
        _limit("login_user", key, "login_user", 60),
        _limit("login_user_hour", key, "login_user_hour", HOUR_S),
    ]


def _wide_network(address: Address | None) -> str:
    """What one attacker easily has many addresses of."""
    if address is None:
        return ""
    return str(ip_network((address, 48 if address.version == 6 else 24), strict=False))


def _limit(policy: str, key: str, quota: str, window_s: int) -> Limit:
    return Limit(
        policy=policy,
        key=key,
        quota=settings.RATE_LIMITS[quota],
        window_s=window_s,
        refusal=LoginRateLimited,
    )


def _take(limits: list[Limit]) -> None:
    verdict = acquire(limits)
    if verdict.is_local:
        raise LoginUnavailable("Try again in a moment.", retry_after_s=5)
    refuse(verdict)
