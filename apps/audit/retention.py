"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("audit.AuditEntry", "a chain of which nothing may be missing"),
)
