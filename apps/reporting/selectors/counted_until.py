from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from apps.reporting.models import ReportedHour, ReportWatermark
from apps.reporting.rules.period import Period


def counted_until(period: Period) -> datetime | None:
    """Whatever happened until then to what was created in the period is in its figures; None:
    nothing was counted yet."""
    changed = ReportedHour.objects.filter(
        changed_at__isnull=False, hour__gte=period.begin, hour__lt=period.end
    ).aggregate(since=Min("changed_at"))
    if changed["since"] is not None:
        return changed["since"]  # type: ignore[no-any-return]
    return ReportWatermark.objects.values_list("looked_at", flat=True).first()
