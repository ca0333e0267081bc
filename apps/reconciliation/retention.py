"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, Rule

EVIDENCE = "evidence of the books, sealed by a digest in the audit trail"

RETENTION: tuple[Rule, ...] = (
    KeptForEver("reconciliation.Statement", EVIDENCE),
    KeptForEver("reconciliation.StatementDay", EVIDENCE),
    KeptForEver("reconciliation.StatementFigures", "one row for each statement"),
    KeptForEver("reconciliation.FeeFigures", "some rows for each statement"),
    KeptForEver("reconciliation.StatementWithdrawal", EVIDENCE),
    KeptForEver("reconciliation.StatementLine", EVIDENCE),
    KeptForEver("reconciliation.MatchingPlan", "how reports were matched, and when"),
    KeptForEver("reconciliation.MatchingPass", "how reports were matched, and when"),
    KeptForEver("reconciliation.OwnTransferRule", "how reports were matched, and when"),
    KeptForEver("reconciliation.Discrepancy", "what did not agree, and who settled it"),
    KeptForEver("reconciliation.ClosedMonth", "who closed a month, and who opened it again"),
    KeptForEver("reconciliation.DiscrepancyEvent", "who decided what of it, and why"),
    KeptForEver("reconciliation.HandMatch", "what people matched, and who"),
    KeptForEver("reconciliation.SavedView", "a person's own, gone with her account"),
)
