"""Support tickets: what a customer complains of, what was said about it, and what was done.

Django reads this package.
"""

from apps.support_tickets.models.conversation import (
    CannedAnswer,
    TicketAttachment,
    TicketEvent,
    TicketMessage,
)
from apps.support_tickets.models.service_levels import (
    BusinessCalendar,
    CalendarDay,
    CalendarHours,
    ClockKind,
    ClockState,
    SlaPolicy,
    TicketClock,
    Weekday,
)
from apps.support_tickets.models.tickets import (
    DONE,
    AuthorKind,
    Channel,
    RequesterKind,
    Team,
    Ticket,
    TicketCategory,
    TicketLink,
    TicketPriority,
    TicketStatus,
)

__all__ = [
    "DONE",
    "AuthorKind",
    "BusinessCalendar",
    "CalendarDay",
    "CalendarHours",
    "CannedAnswer",
    "Channel",
    "ClockKind",
    "ClockState",
    "RequesterKind",
    "SlaPolicy",
    "Team",
    "Ticket",
    "TicketAttachment",
    "TicketCategory",
    "TicketClock",
    "TicketEvent",
    "TicketLink",
    "TicketMessage",
    "TicketPriority",
    "TicketStatus",
    "Weekday",
]
