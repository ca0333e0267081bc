from __future__ import annotations

from typing import TypeVar

from django.db.models import QuerySet

from apps.approvals.models import AgreedVersion

Version = TypeVar("Version", bound=AgreedVersion)


def latest_version(versions: QuerySet[Version]) -> Version | None:
    """The last one of these that two people agreed on. One query."""
    return versions.filter(number__isnull=False).order_by("-number").first()
