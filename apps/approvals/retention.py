"""How long this app's rows are kept."""

from apps.core.retention import KeptForDays, KeptForEver, KeptUntil, Rule

RETENTION: tuple[Rule, ...] = (
    # What was decided is in the audit trail for ever.
    KeptForDays(
        "approvals.ApprovalRequest",
        "approvals",
        90,
        "who asked for what, and who decided",
        # What proves a reason stays as long as what was done for it.
        condition="status <> 'pending' AND NOT EXISTS (SELECT FROM approvals_approvalevidence e"
        " WHERE e.request_id = approvals_approvalrequest.id)"
        " AND NOT EXISTS (SELECT FROM approvals_rejectionevidence e"
        " WHERE e.request_id = approvals_approvalrequest.id)",
    ),
    KeptUntil("approvals.ApprovalDecision", "its request goes, by a trigger"),
    KeptForEver("approvals.ApprovalEvidence", "proves what was booked, as long as the books are"),
    KeptForEver("approvals.RejectionEvidence", "proves why something was not done"),
    KeptForEver("approvals.Approval", "who approved what left, beside what it is about"),
    KeptForEver("approvals.ApprovalRule", "a few dozen"),
    KeptForEver("approvals.ApprovalStandIn", "a few a year for each of the staff"),
)
