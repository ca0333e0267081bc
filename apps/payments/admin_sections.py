"""What apps above payments add to its admin pages: they register, payments never imports them.

Call it from an AppConfig.ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apps.payments.models import Payment
from apps.payments.selectors.timeline import TimelineEntry

ReadSection = Callable[[Payment], Iterable[TimelineEntry]]

_sections: list[ReadSection] = []


def register_section(read: ReadSection) -> None:
    """Add entries to every payment's timeline; sorted by time with the others."""
    if read not in _sections:
        _sections.append(read)


def read_sections(payment: Payment) -> list[TimelineEntry]:
    return [entry for read in _sections for entry in read(payment)]
