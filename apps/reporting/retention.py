"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

FIGURES = "a few rows an hour, however many payments it had"

RETENTION: tuple[Rule, ...] = (
    KeptForEver("reporting.Series", "what figures are told apart by: thousands"),
    KeptForEver("reporting.HourCell", FIGURES),
    KeptForEver("reporting.FailureCell", FIGURES),
    KeptForEver("reporting.DisputeCell", FIGURES),
    KeptForEver("reporting.ReportedHour", "one row an hour"),
    KeptForEver("reporting.ReportWatermark", "one row"),
    KeptForEver("reporting.ReportSchedule", "what staff are sent: a handful"),
    KeptForEver("reporting.StaffScope", "what a role may see: a handful"),
    KeptForEver("reporting.StaffScope_merchants", "what a role may see: a handful"),
)
