"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("day_reports.DayCycle", "the books"),
    KeptForEver("day_reports.MerchantDay", "the books"),
    KeptForEver("day_reports.ReportSubscription", "what was agreed, and by whom"),
    KeptForEver("day_reports.ReportSending", "what was sent, and to whom"),
)
