"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

EVIDENCE = "what the provider sent, as it came"

RETENTION: tuple[Rule, ...] = (
    KeptForEver("statement_sources.StatementSource", "a few for each provider account"),
    KeptForEver("statement_sources.SourceConnection", "what was decided, and by whom"),
    KeptForEver("statement_sources.ReceivedFile", EVIDENCE),
    KeptForEver("statement_sources.FilePiece", EVIDENCE),
    KeptForEver("statement_sources.OpenedFile", EVIDENCE),
    KeptForEver("statement_sources.OpenedPiece", EVIDENCE),
)
