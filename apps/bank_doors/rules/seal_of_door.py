from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.statement_sources.transports.seal_message import KeysUnusable, SealingKeys

# How a door in settings.SETTLEMENT_DOORS takes files ("pgp").
PLAIN, SIGNED, ENCRYPTED = "none", "signed", "signed_encrypted"


def seal_of_door(door: Mapping[str, Any]) -> SealingKeys | None:
    """By which keys its files are signed, and encrypted where it says so; None: they go plain.

    Raises KeysUnusable: it does not say clearly how. What was to be sealed never goes plain.
    """
    how = door.get("pgp", PLAIN)
    ours, theirs = str(door.get("our_key", "")), str(door.get("bank_key", ""))
    wants_ours, wants_theirs = how in (SIGNED, ENCRYPTED), how == ENCRYPTED
    is_known = how in (PLAIN, SIGNED, ENCRYPTED)
    if not is_known or bool(ours) != wants_ours or bool(theirs) != wants_theirs:
        raise KeysUnusable
    return SealingKeys(ours, theirs) if ours else None
