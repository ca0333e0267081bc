"""Is a rail well? One word of what is known of it."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.alerts import CRITICAL
from apps.monitoring.rules.anomaly import Counts

# Unknown outcomes of so many orders are worth a look, before any rule says so.
UNKNOWN_SHARE = 0.05


class Health(models.TextChoices):
    CRITICAL = "critical", _("critical")
    WARNING = "warning", _("warning")
    HEALTHY = "healthy", _("healthy")
    # Nothing was asked of it lately.
    QUIET = "quiet", _("no traffic")
    CLOSED = "closed", pgettext_lazy("a rail", "closed")


# The worst first: whom somebody has to look at.
ORDER = list(Health)


def health_of(
    lately: Counts, *, is_active: bool, is_delayed: bool, severities: Collection[str]
) -> Health:
    """`severities`: of what open incidents found of it. `is_delayed`: its circuit is open."""
    if CRITICAL in severities:
        return Health.CRITICAL
    if not is_active:
        return Health.CLOSED
    unknown_many = lately.unknown > UNKNOWN_SHARE * max(lately.sent, 1)
    if severities or is_delayed or unknown_many:
        return Health.WARNING
    return Health.HEALTHY if lately.sent or lately.answered else Health.QUIET
