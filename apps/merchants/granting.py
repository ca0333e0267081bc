"""What a credential may give: never more than it has itself, in scopes, addresses and time.

Whatever grants, widens or un-restricts (a key, an application, a certificate) asks here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from ipaddress import ip_network

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.json_format import instant_as_json
from apps.merchants.caller import Caller, Network
from apps.merchants.rights import Rights
from apps.merchants.scopes import APPROVED_BY_OTHERS, BY_STAFF_ALONE, PAYOUTS_APPROVE


class ScopeNotGrantable(DomainError):
    code = "scope_not_grantable"
    status = 403
    title = "A credential cannot give a scope that it lacks."


class MakerAndChecker(ScopeNotGrantable):
    staff_words = _("Who approves payouts and refunds makes none: take another key.")


class ExpiryNotGrantable(DomainError):
    code = "expiry_not_grantable"
    status = 403
    title = "A credential cannot give a longer life than its own."


class AddressNotGrantable(DomainError):
    code = "address_not_grantable"
    status = 403
    title = "A credential cannot be used to open addresses that are closed to it."


NOT_GRANTABLE = (ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable)


def check_may_give(caller: Caller, rights: Rights) -> None:
    """Raise ScopeNotGrantable, ExpiryNotGrantable or AddressNotGrantable unless the caller itself
    has all of these rights, and may give them."""
    if kept := sorted(set(rights.scopes) & set(BY_STAFF_ALONE)):
        raise ScopeNotGrantable(
            f"Ask us for a key with {', '.join(kept)}: no credential gives it.", field="scopes"
        )
    lacking = sorted(set(rights.scopes) - caller.scopes)
    if lacking:
        raise ScopeNotGrantable(f"Yours lacks {', '.join(lacking)}.", field="scopes")
    if _is_later(rights.expires_at, caller.expires_at):
        assert caller.expires_at is not None  # noqa: S101 (for the type checker)
        until = instant_as_json(caller.expires_at)
        raise ExpiryNotGrantable(f"Send expires_at, {until} at the latest.", field="expires_at")
    if not _lie_within(rights.addresses, caller.networks):
        own = ", ".join(str(network) for network in caller.networks)
        raise AddressNotGrantable(f"Send addresses within {own}.", field="allowed_addresses")


def check_may_change(caller: Caller, before: Rights, after: Rights) -> None:
    """Raise what check_may_give raises unless the caller has what the change adds.

    A scope is added with all its addresses and its time; an address or a day more is added to
    every scope.
    """
    if set(after.scopes) - set(before.scopes):
        refuse_maker_and_checker(after.scopes)
    is_wider = _is_later(after.expires_at, before.expires_at) or not _lie_within(
        after.addresses, _networks(before.addresses)
    )
    added = set(after.scopes) if is_wider else set(after.scopes) - set(before.scopes)
    if added:
        check_may_give(caller, Rights(added, after.addresses, after.expires_at))


def refuse_maker_and_checker(scopes: Collection[str]) -> None:
    """Raises ScopeNotGrantable: whoever approves payouts and refunds may not make any."""
    made = sorted(APPROVED_BY_OTHERS.intersection(scopes))
    if made and PAYOUTS_APPROVE in scopes:
        raise MakerAndChecker(
            f"{' and '.join(made)} are for another key than {PAYOUTS_APPROVE}.", field="scopes"
        )


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return other is not None and (one is None or one > other)


def _lie_within(addresses: Collection[str], networks: Collection[Network]) -> bool:
    if not networks:
        return True
    return bool(addresses) and all(
        any(one.version == own.version and one.subnet_of(own) for own in networks)  # type: ignore[arg-type]
        for one in _networks(addresses)
    )


def _networks(addresses: Collection[str]) -> tuple[Network, ...]:
    return tuple(ip_network(address) for address in addresses)
