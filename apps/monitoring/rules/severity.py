from __future__ import annotations

from collections.abc import Iterable

from apps.monitoring.models import Severity

ORDER = list(Severity.values)


def worst(severities: Iterable[str]) -> str:
    return max(severities, key=ORDER.index)


def is_at_least(severity: str, least: str) -> bool:
    return ORDER.index(severity) >= ORDER.index(least)
