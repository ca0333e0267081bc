"""Under which names what belongs to a subscription is encrypted."""

from __future__ import annotations

CREDENTIALS_CONTEXT = "day_reports_reportsubscription.credentials"
