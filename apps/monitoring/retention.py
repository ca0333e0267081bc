"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    KeptUntil("monitoring.RailMinute", "five weeks are over", "monitoring.tidy"),
    KeptForEver("monitoring.RailDay", "a row a day for each rail: what rails were like years ago"),
    KeptForEver("monitoring.Watch", "one row"),
    KeptForDays("monitoring.BookCheck", "book_checks", 2, "the alarm reads the last of the day"),
    KeptForEver("monitoring.AlertChannel", "whom incidents were told to: a handful"),
    KeptForEver("monitoring.AlertRule", "a row for each thing that is watched"),
    KeptForEver("monitoring.AlertRule_channels", "a handful"),
    KeptForEver("monitoring.Incident", "what went wrong, and what was learned of it"),
    KeptForEver("monitoring.IncidentEntry", "as above"),
    KeptForEver("monitoring.Notification", "who was told of it"),
)
