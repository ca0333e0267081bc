"""What a credential is good for: scopes, addresses and time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rights:
    """These scopes, from these addresses, until then.

    Attributes:
        addresses: networks in CIDR notation; none means everywhere.
        expires_at: None never ends.
    """

    scopes: Collection[str]
    addresses: Collection[str] = ()
    expires_at: datetime | None = None
