"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, Rule

RETENTION: tuple[Rule, ...] = (
    # What was decided is in the audit trail for ever.
    KeptForDays(
        "approvals.ApprovalRequest",
        "approvals",
        90,
        "who asked for what, and who decided",
        condition="status <> 'pending'",
    ),
)
