from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings

from apps.bank_doors.rules.seal_of_door import seal_of_door
from apps.core.alerts import CRITICAL, Finding, Parameters
from apps.statement_sources.selectors.find_ending_keys import (
    find_ending_keys as find_those_of_sources,
)
from apps.statement_sources.transports.gnupg import PgpTimedOut, PgpUnavailable
from apps.statement_sources.transports.seal_message import KeysUnusable, read_sealing_keys


def find_ending_keys(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Keys of OpenPGP that expire soon, or have: of the sources of reports, and those by which bank
    files are signed and encrypted. wanted: days, critical_days."""
    yield from find_those_of_sources(wanted, now)
    for mode, doors in settings.SETTLEMENT_DOORS.items():
        if mode != "live" and not wanted["includes_test"]:
            continue
        for currency, door in doors.items():
            yield from _of_door(door, f"{mode} {currency}", wanted, now)


def _of_door(door: object, name: str, wanted: Parameters, now: datetime) -> Iterator[Finding]:
    try:
        seal = seal_of_door(door) if isinstance(door, dict) else None
        keys = read_sealing_keys(seal, at=now) if seal is not None else []
    except (KeysUnusable, PgpUnavailable, PgpTimedOut):
        # The first file says so: bank_file_undelivered.
        return
    for key in keys:
        if not key.expires_on:
            continue
        days = (date.fromisoformat(key.expires_on) - now.date()).days
        if days < wanted["days"]:
            yield Finding(
                key=f"door:{name}:{key.whose}",
                facts={
                    "source": name,
                    "account": "SETTLEMENT_DOORS",
                    "key": key.fingerprint[-16:],
                    "days": max(days, 0),
                },
                severity=CRITICAL if days < wanted["critical_days"] else "",
            )
