"""What a credential may give to an API key: never more than it has itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from ipaddress import ip_network

from apps.core.errors import DomainError
from apps.merchants.caller import Caller


class ScopeNotGrantable(DomainError):
    code = "scope_not_grantable"
    status = 403
    title = "A credential cannot give a scope that it lacks."


class ExpiryNotGrantable(DomainError):
    code = "expiry_not_grantable"
    status = 403
    title = "A credential cannot give a longer life than its own."


class AddressNotGrantable(DomainError):
    code = "address_not_grantable"
    status = 403
    title = "A credential cannot be used to open addresses that are closed to it."


def check_scopes(caller: Caller, scopes: Collection[str]) -> None:
    """Raise ScopeNotGrantable unless the caller has all of these."""
    lacking = sorted(set(scopes) - caller.scopes)
    if lacking:
        raise ScopeNotGrantable(f"Yours lacks {', '.join(lacking)}.", field="scopes")


def check_expiry(caller: Caller, expires_at: datetime | None) -> None:
    """Raise ExpiryNotGrantable if this ends later than the caller itself; None never ends."""
    own = caller.expires_at
    if own is not None and (expires_at is None or expires_at > own):
        until = own.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise ExpiryNotGrantable(f"Send expires_at, {until} at the latest.", field="expires_at")


def check_addresses(caller: Caller, addresses: Collection[str]) -> None:
    """Raise AddressNotGrantable unless each lies within the caller's own; none means everywhere."""
    if not caller.networks:
        return
    networks = [ip_network(address) for address in addresses]
    is_within = all(
        any(one.version == own.version and one.subnet_of(own) for own in caller.networks)  # type: ignore[arg-type]
        for one in networks
    )
    if not networks or not is_within:
        own = ", ".join(str(network) for network in caller.networks)
        raise AddressNotGrantable(f"Send addresses within {own}.", field="allowed_addresses")
