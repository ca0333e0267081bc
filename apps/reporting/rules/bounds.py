"""What somebody may see of all: of figures, and of the rows they were counted from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of these countries, and of these merchants. None: of all."""

    countries: Collection[str] | None = None
    merchant_ids: Collection[UUID] | None = None


# Who sees everything.
EVERYTHING = (Bounds(),)
