"""The desk: tickets, teams and canned answers."""

from apps.support_tickets.admin import desk_settings, tickets

__all__ = ["desk_settings", "tickets"]
