from __future__ import annotations

from typing import TypeVar

from django.db.models import QuerySet

from apps.approvals.models import AgreedVersion
from apps.approvals.selectors.latest_version import latest_version

Version = TypeVar("Version", bound=AgreedVersion)


def replaced_version(version: Version, versions: QuerySet[Version]) -> Version | None:
    """Which of these a version replaces, or would once it is approved. One query."""
    if version.number is not None:
        return latest_version(versions.filter(number__lt=version.number))
    return latest_version(versions.filter(created_at__lte=version.created_at))
