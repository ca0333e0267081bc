from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from apps.core.money import grouped

# Counting stops here: a longer queue is as alarming, and costs no more to show.
COUNTED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure on the staff's first page. `is_alarming` colours it; `url` is where to act."""

    title: str | Promise
    value: str
    is_alarming: bool = False
    url: str = ""


def counted(count: int) -> str:
    """How many, or that there are more than COUNTED_MAX."""
    return f"{grouped(COUNTED_MAX)}+" if count > COUNTED_MAX else grouped(count)
