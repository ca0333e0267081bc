"""Bars of several parts, as the staff's pages draw them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from django.utils.functional import Promise

# As in static/lomi/admin.css.
GREEN, RED, ORANGE = "#16a34a", "#dc2626", "#ea580c"


def bar_chart(
    labels: Sequence[str], parts: Iterable[tuple[str | Promise, str, Sequence[int]]]
) -> str:
    """In the form of Chart.js. A part: what it is called, its colour, its length in each bar."""
    return json.dumps(
        {
            "labels": labels,
            "datasets": [
                {
                    "label": str(label),
                    "data": counts,
                    "backgroundColor": colour,
                    "borderRadius": 2,
                    "stack": "one",
                    "displayYAxis": True,
                }
                for label, colour, counts in parts
            ],
        }
    )
