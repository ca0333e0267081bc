"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    # What was decided is in the audit trail for ever.
    KeptForDays(
        "approvals.ApprovalRequest",
        "approvals",
        90,
        "who asked for what, and who decided",
        condition="status <> 'pending'",
    ),
    KeptUntil("approvals.ApprovalDecision", "its request goes, by a trigger"),
    KeptForEver("approvals.Approval", "who approved what left, beside what it is about"),
    KeptForEver("approvals.ApprovalRule", "a few dozen"),
    KeptForEver("approvals.ApprovalStandIn", "a few a year for each of the staff"),
)
