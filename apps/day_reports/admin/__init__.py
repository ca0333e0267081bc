"""Days of merchants, who is sent day reports, and what was sent. Django reads this package."""

from apps.day_reports.admin import merchant_days, sendings, subscriptions

__all__ = ["merchant_days", "sendings", "subscriptions"]
