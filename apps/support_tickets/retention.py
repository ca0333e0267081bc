"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

EVIDENCE = "what was said to a customer is evidence as long as the payment is"

RETENTION: tuple[Rule, ...] = (
    KeptForEver("support_tickets.Ticket", EVIDENCE),
    KeptForEver("support_tickets.TicketMessage", EVIDENCE),
    KeptForEver("support_tickets.TicketAttachment", EVIDENCE),
    KeptForEver("support_tickets.TicketEvent", EVIDENCE),
    KeptForEver("support_tickets.TicketLink", EVIDENCE),
    KeptForEver("support_tickets.Team", "teams are a handful"),
    KeptForEver("support_tickets.CannedAnswer", "a few dozen"),
    KeptForEver("support_tickets.TicketClock", EVIDENCE),
    KeptForEver("support_tickets.SlaPolicy", "four, and four a merchant at most"),
    KeptForEver("support_tickets.BusinessCalendar", "a handful"),
    KeptForEver("support_tickets.CalendarHours", "a week's hours of a handful of calendars"),
    KeptForEver("support_tickets.CalendarDay", "a few dozen days a year"),
)
