from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from apps.core.admin import show_time

# The newest: what was long ago is in the database.
VERSIONS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class VersionWords:
    """`lines`: each what stands out, what is plain, and what is faint; `note` stands below."""

    lines: Iterable[tuple[str, str, str]]
    note: str = ""


def show_versions(
    versions: QuerySet[Any], in_words: Callable[[Any], VersionWords], *, without: str | Promise
) -> SafeString:
    """Versions, the newest first; `without`: what it means that there is none."""
    shown = [
        {
            "number": version.number,
            "public_id": version.public_id,
            "valid_from": show_time(version.valid_from),
            "valid_until": version.valid_until and show_time(version.valid_until),
            "words": in_words(version),
            "is_taken_back": getattr(version, "is_taken_back", False),
        }
        for version in versions.order_by("-number")[:VERSIONS_SHOWN]
    ]
    return render_to_string("approvals/versions.html", {"versions": shown, "without": without})
