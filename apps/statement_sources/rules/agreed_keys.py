"""Which keys of OpenPGP two people agreed on, and until when each holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from apps.statement_sources.models import SourceConnection

PROVIDER, OURS = "provider", "ours"


@dataclass(frozen=True, slots=True)
class AgreedKey:
    """`fingerprint`: of the primary key, in full. `made_at` is an instant of UTC, `expires_on` a
    day, both as texts; "" where it does not expire."""

    whose: str
    fingerprint: str
    kind: str
    made_at: str
    expires_on: str = ""
    is_revoked: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def agreed_keys(connection: SourceConnection, whose: str) -> list[AgreedKey]:
    """The newest first."""
    return [key for each in connection.pgp_keys if (key := AgreedKey(**each)).whose == whose]


def keys_on(connection: SourceConnection, whose: str, day: date) -> list[AgreedKey]:
    """Those that hold on a day: the newest, and during a change of keys the older ones too."""
    keys = agreed_keys(connection, whose)
    until = connection.pgp_overlap_until
    return keys if until is not None and day <= until else keys[:1]


def newest_first(keys: Sequence[AgreedKey]) -> list[AgreedKey]:
    return sorted(keys, key=lambda key: (key.made_at, key.fingerprint), reverse=True)


def in_groups(fingerprint: str) -> str:
    """As people compare it on the telephone: "52C3 A307 …"."""
    return " ".join(fingerprint[n : n + 4] for n in range(0, len(fingerprint), 4))
