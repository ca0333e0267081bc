from __future__ import annotations

from typing import Any

from apps.monitoring.models import AlertRule
from apps.monitoring.rules.sources import alert_sources


def make_rules(**_: Any) -> None:
    """A rule for each source that has none, with the source's defaults: after every migration.

    What staff changed stays as it is; a parameter that is new is added where it is read.
    """
    AlertRule.objects.bulk_create(
        [
            AlertRule(
                code=code,
                severity=source.severity,
                parameters=dict(source.parameters),
                for_s=source.for_s,
                clear_s=source.clear_s,
            )
            for code, source in alert_sources().items()
        ],
        ignore_conflicts=True,
    )
