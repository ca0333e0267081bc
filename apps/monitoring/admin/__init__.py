"""What staff see of the watch. Django reads this package; each page registers itself."""

from apps.monitoring.admin import channels, incidents, notifications, rules

__all__ = ["channels", "incidents", "notifications", "rules"]
