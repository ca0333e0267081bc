"""What apps above payments add to its admin pages: they register, payments never imports them.

Call both from an AppConfig.ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from apps.payments.models import Payment
from apps.payments.selectors.timeline import TimelineEntry

ReadSection = Callable[[Payment], Iterable[TimelineEntry]]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure on the staff's first page. `is_alarming` colours it; `url` is where to act."""

    title: str | Promise
    value: str
    is_alarming: bool = False
    url: str = ""


ReadTile = Callable[[], Tile]

_sections: list[ReadSection] = []
_tiles: list[tuple[str, ReadTile]] = []


def register_section(read: ReadSection) -> None:
    """Add entries to every payment's timeline; sorted by time with the others."""
    if read not in _sections:
        _sections.append(read)


def register_tile(read: ReadTile, *, permission: str) -> None:
    """Add a figure for those who have `permission`; its queries are bounded and indexed."""
    if (permission, read) not in _tiles:
        _tiles.append((permission, read))


def read_sections(payment: Payment) -> list[TimelineEntry]:
    return [entry for read in _sections for entry in read(payment)]


def read_tiles(permissions: Callable[[str], bool]) -> list[Tile]:
    return [read() for permission, read in _tiles if permissions(permission)]
