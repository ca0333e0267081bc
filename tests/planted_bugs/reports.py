"""Bugs of what is compared with others: reports of providers, disputes, figures."""

from tests.planted_bugs.bug import Bug

LINES = "apps/reconciliation/services/match_lines.py"
OURS = "apps/reconciliation/tests"

BUGS = (
    Bug(
        "A line that a report has twice counts twice",
        LINES,
        "           WHEN repeated.number > 1 THEN 'duplicate_line'\n",
        "",
        (f"{OURS}/test_match_statement.py",),
    ),
    Bug(
        "Two lines for one instruction of ours both agree",
        LINES,
        "           WHEN taken.number > 1 THEN 'duplicate_line'\n",
        "",
        (f"{OURS}/test_match_statement.py",),
    ),
    Bug(
        "A line of more than was ordered agrees",
        LINES,
        "WHEN abs(l.amount - l.our_amount) > %(tolerance)s OR",
        "WHEN l.our_amount - l.amount > %(tolerance)s OR",
        (f"{OURS}/test_match_statement.py",),
    ),
    Bug(
        "A line in another currency agrees",
        LINES,
        "           WHEN l.currency <> l.our_currency THEN 'currency_differs'\n",
        "",
        (f"{OURS}/test_match_statement.py",),
    ),
    Bug(
        "What the provider says failed and we paid out agrees",
        LINES,
        "OR (l.outcome = 'succeeded') <> (l.attempt_status = 'succeeded')\n",
        "OR (l.outcome = 'succeeded') > (l.attempt_status = 'succeeded')\n",
        (f"{OURS}/test_match_statement.py",),
    ),
    Bug(
        "A day of a report is the server’s, not the provider’s",
        "apps/reconciliation/services/match_by_likeness.py",
        "   AND (l.occurred_at AT TIME ZONE %(zone)s)::date\n",
        "   AND (l.occurred_at AT TIME ZONE 'UTC')::date\n",
        (f"{OURS}/test_passes.py",),
    ),
    Bug(
        "A report comes into a month that two people have closed",
        "apps/reconciliation/services/lock_months.py",
        'if not is_open or closed["count"]:',
        "if not is_open:",
        (f"{OURS}/test_close_month.py",),
    ),
    Bug(
        "What a later report drops goes on counting",
        "apps/reconciliation/services/decide_counting_lines.py",
        "           n.is_decided AND d.id IS NOT NULL AS is_dropped\n",
        "           false AS is_dropped\n",
        (f"{OURS}/test_reports_that_overlap.py", f"{OURS}/test_match_statement.py"),
    ),
    Bug(
        "A dispute that is won leaves its amount set aside in the payment",
        "apps/disputes/services/decide_dispute.py",
        "        return_disputed(dispute.payment_id, amount=returned)",
        "        return_disputed(dispute.payment_id, amount=lost)",
        ("tests/disputes/test_money.py::test_it_goes_to_one_side_and_the_other",),
    ),
    Bug(
        "Of a dispute that is lost in part all is gone",
        "apps/disputes/services/decide_dispute.py",
        "TransferKind.DISPUTE_LOST: Money(lost, dispute.currency),",
        "TransferKind.DISPUTE_LOST: Money(disputed.amount, dispute.currency),",
        ("tests/disputes/test_money.py::test_it_goes_to_one_side_and_the_other",),
    ),
    Bug(
        "A dispute is decided by people who have not seen its answer",
        "apps/disputes/services/decide_dispute.py",
        "if sequence is not None and sequence != dispute.sequence:",
        "if sequence is not None and sequence > dispute.sequence:",
        (
            "tests/disputes/test_money.py::test_what_its_merchant_answered_meanwhile_is_not_decided_unseen",
        ),
    ),
    Bug(
        "One case on two lines of a provider’s file holds the money twice",
        "apps/disputes/services/open_dispute_from_line.py",
        "    if known is not None:\n        return known, False\n",
        "",
        ("tests/disputes/test_files.py",),
    ),
    Bug(
        "A line of a provider’s file disputes what another account collected",
        "apps/disputes/services/open_dispute_from_line.py",
        "Attempt.objects.filter(named, provider_account=line.file.provider_account)",
        "Attempt.objects.filter(named)",
        ("tests/disputes/test_files.py",),
    ),
    Bug(
        "Reports show fees that refunds gave back",
        "apps/reporting/services/count_hour.py",
        "       r.fee - r.fee_returned, r.created_at\n",
        "       r.fee, r.created_at\n",
        (
            "tests/reporting/test_rollups.py::test_what_a_refund_gives_back_of_a_fee_is_taken_from_the_fees_of_its_hour",
        ),
    ),
    Bug(
        "Reports show what was asked for, not what was paid",
        "apps/reporting/services/count_hour.py",
        "COALESCE(amount_received, amount) AS moved",
        "amount AS moved",
        ("tests/reporting/test_report_page.py",),
    ),
    Bug(
        "What is committed late is in no report",
        "apps/reporting/services/mark_changed_hours.py",
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
        (
            "tests/reporting/test_rollups.py::test_what_is_committed_late_is_seen_however_old_its_ids",
        ),
    ),
    Bug(
        "A day of a report begins by the server’s clock",
        "apps/reporting/rules/period.py",
        'return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone))',
        'return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo("UTC"))',
        ("tests/reporting/test_reports_api.py", "tests/reporting/test_report_page.py"),
    ),
    Bug(
        "What came late is missing from the merchant’s day",
        "apps/day_reports/services/sum_day.py",
        "if totals != before.totals or before.closing_balance != closing:",
        "if before.closing_balance != closing:",
        ("tests/day_reports/test_sum_day.py",),
    ),
    Bug(
        "A merchant’s day is the server’s",
        "apps/day_reports/rules/day_bounds.py",
        "return datetime.combine(day, time(), ZoneInfo(zone))",
        'return datetime.combine(day, time(), ZoneInfo("UTC"))',
        ("tests/day_reports/test_sum_day.py",),
    ),
    Bug(
        "A share of a report is rounded down",
        "apps/reporting/rules/totals.py",
        "return (20_000 * part + whole) // (2 * whole) if whole else None",
        "return 10_000 * part // whole if whole else None",
        ("tests/reporting/test_reports_api.py", "tests/reporting/test_report_page.py"),
    ),
)
