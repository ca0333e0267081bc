"""The desk: tickets, teams and canned answers, what is promised and when it is open."""

from apps.support_tickets.admin import desk_settings, service_levels, tickets

__all__ = ["desk_settings", "service_levels", "tickets"]
