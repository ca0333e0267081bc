"""Whose figures, and which of them: every read of figures begins here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.merchants.models import Merchant
from apps.reporting.rules.bounds import Bounds
from apps.reporting.rules.dimensions import COLUMNS
from apps.reporting.rules.period import Period


@dataclass(frozen=True, slots=True)
class Selection:
    """One mode, within the bounds of who asks: what any of them has, so none has nothing.

    `filters`: of a dimension these values alone.
    """

    livemode: bool
    bounds: Sequence[Bounds]
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def for_merchant(
        cls, merchant: Merchant, *, livemode: bool, filters: Mapping[str, Sequence[str]]
    ) -> Selection:
        return cls(livemode, [Bounds(merchant_ids=[merchant.pk])], filters)


def columns_of(names: Sequence[str]) -> str:
    return ", ".join(COLUMNS[name] for name in names)


def where(selection: Selection, period: Period) -> tuple[str, dict[str, Any]]:
    """The condition on series `s` and cells `c`, and its values."""
    values: dict[str, Any] = {
        "livemode": selection.livemode,
        "begin": period.begin,
        "end": period.end,
    }
    parts = ["s.livemode = %(livemode)s", "c.hour >= %(begin)s", "c.hour < %(end)s"]
    within = []
    for n, bounds in enumerate(selection.bounds):
        both = ["true"]
        if bounds.countries is not None:
            both.append(f"s.country = ANY(%(countries_{n})s)")
            values[f"countries_{n}"] = list(bounds.countries)
        if bounds.merchant_ids is not None:
            both.append(f"s.merchant_id = ANY(%(merchant_ids_{n})s)")
            values[f"merchant_ids_{n}"] = list(bounds.merchant_ids)
        within.append(" AND ".join(both))
    parts.append(f"({' OR '.join(within) or 'false'})")
    for name, chosen in selection.filters.items():
        if chosen:
            parts.append(f"{COLUMNS[name]}::text = ANY(%(filter_{name})s)")
            values[f"filter_{name}"] = list(chosen)
    return " AND ".join(parts), values
