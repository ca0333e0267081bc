from __future__ import annotations

from apps.reporting.models import ReportWatermark


def lock_watermark() -> ReportWatermark:
    """The one row, locked until the transaction ends: who marks or counts does so alone."""
    ReportWatermark.objects.bulk_create([ReportWatermark()], ignore_conflicts=True)
    return ReportWatermark.objects.select_for_update().get()
