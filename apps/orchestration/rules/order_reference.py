"""References that are made of the order: the same order made again has the same ones, whatever the
database has forgotten meanwhile (docs/adr/0039)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.core.public_ids import name_of, new_id_at
from apps.vault.blind_index import blind_index

OWNER_PURPOSE = "order"
REFERENCE_PURPOSE = "order_reference"


def owner_id_of(name: str, *, now: datetime) -> UUID:
    """The id of what is ordered under this name: ordered again under it, its first attempt has the
    same reference."""
    return new_id_at(now, name=blind_index(name, purpose=OWNER_PURPOSE))


def repeated(name: str, times: int) -> str:
    """The name of a request that came so often before under its key, which was forgotten on purpose
    each time: this is another order."""
    return f"{name} {times}"


def first_reference(owner_id: UUID) -> UUID:
    """Of the first attempt for this owner."""
    return _reference(f"{name_of(owner_id):x}")


def next_reference(reference: UUID) -> UUID:
    """Of the attempt after the one that had this reference and was not sent."""
    return _reference(reference.hex)


def _reference(text: str) -> UUID:
    # Nobody can work it out without our key. Version 4: MTN takes nothing else.
    return UUID(bytes=blind_index(text, purpose=REFERENCE_PURPOSE)[:16], version=4)
