"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

RETENTION: tuple[Rule, ...] = (
    KeptForEver("statement_formats.StatementProfile", "what statements were read by; few"),
    KeptForEver("statement_formats.StatementProfileVersion", "what statements were read by; few"),
)
