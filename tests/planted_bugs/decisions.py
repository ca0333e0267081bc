"""Bugs of what two people decide, and of the trail that says who did."""

from tests.planted_bugs.bug import Bug

DECIDES = "apps/approvals/services/decide_approval.py"
CHAIN = ("apps/audit/tests/test_chain.py",)

BUGS = (
    Bug(
        "Who asked for it approves it",
        DECIDES,
        "if request.requested_by_id == decided_by.pk:",
        "if request.requested_by_id == request.pk:",
        ("tests/approvals/test_decisions.py::test_one_person_counts_once_and_never_who_asked",),
    ),
    Bug(
        "Maker and checker are mixed up where the act is done",
        DECIDES,
        "            requested_by=person(request.requested_by_id),\n"
        "            approved_by=person(decided_by.pk),\n",
        "            requested_by=person(decided_by.pk),\n"
        "            approved_by=person(request.requested_by_id),\n",
        ("tests/admin/test_four_eyes.py", "tests/payments/test_four_eyes.py"),
    ),
    Bug(
        "One person does two steps",
        "apps/approvals/selectors/whose_turn.py",
        "    if person_id not in counted.union(asked_by):",
        "    if person_id not in asked_by:",
        ("tests/approvals/test_decisions.py::test_one_person_counts_once_and_never_who_asked",),
    ),
    Bug(
        "Who made the thing does a step of its approval",
        DECIDES,
        "    _refuse_makers(request, decided_by, turn, now)\n",
        "",
        (
            "tests/approvals/test_decisions.py::test_whoever_made_the_thing_does_no_step_of_it_either",
        ),
    ),
    Bug(
        "What was asked for two days ago is approved",
        DECIDES,
        "if is_approved and request.expires_at <= now:",
        "if is_approved and request.expires_at <= request.requested_at:",
        ("tests/approvals/test_decisions.py::test_after_a_day_no_step_is_done",),
    ),
    Bug(
        "What is approved is not what was shown",
        DECIDES,
        "        and hmac.compare_digest(digest, shown_digest)\n",
        "",
        ("tests/payments/test_four_eyes.py::test_only_what_was_shown_is_approved",),
    ),
    Bug(
        "What was changed in the database since it was asked for is approved",
        DECIDES,
        "        hmac.compare_digest(digest, bytes(request.digest))\n        and ",
        "        ",
        ("tests/payments/test_four_eyes.py::test_only_what_was_shown_is_approved",),
    ),
    Bug(
        "Approved at once by two, it is done twice",
        DECIDES,
        "request = ApprovalRequest.objects.select_for_update().get(pk=request_id)",
        "request = ApprovalRequest.objects.get(pk=request_id)",
        ("tests/approvals/test_decisions.py::test_100_approvals_at_once_do_it_once",),
    ),
    Bug(
        "A key approves what the key that it replaced has made",
        "apps/approvals/services/refuse_key.py",
        "if is_approved and is_maker:",
        "if is_approved and approval.made_by == caller.credential:",
        ("tests/payouts/test_payout_approvals.py",),
    ),
    Bug(
        "The links of the audit trail are not chained",
        "apps/audit/chain.py",
        'return hashlib.sha256(previous + text.encode("utf-8", "surrogatepass")).digest()',
        'return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()',
        CHAIN,
    ),
    Bug(
        "Who did it is not under the hash of the audit trail",
        "apps/audit/chain.py",
        'CONTENT = ("id", "actor", "action",',
        'CONTENT = ("id", "action",',
        CHAIN,
    ),
    Bug(
        "Of a long audit trail only the first page is verified",
        "apps/audit/services/verify_chain.py",
        "        if len(rows) < ROWS_AT_ONCE:\n            return\n",
        "        return\n",
        ("apps/audit/tests/test_chain.py::test_a_chain_of_many_pages_is_verified_to_its_end",),
    ),
    Bug(
        "Two processes chain at once",
        "apps/audit/services/chain_entries.py",
        "        if not cursor.fetchone()[0]:\n            return 0\n",
        "        cursor.fetchone()\n",
        CHAIN,
    ),
    Bug(
        "The history of a write-off names who approved it as who asked for it",
        "apps/reconciliation/services/write_off.py",
        "decision = Decision(Act.WRITE_OFF, requested_by, reason, now)",
        "decision = Decision(Act.WRITE_OFF, approved_by, reason, now)",
        ("apps/reconciliation/tests/test_desk_decisions.py",),
    ),
    Bug(
        "Many small payouts under way pass below the sum that needs another person",
        "apps/payouts/selectors/reached_sums.py",
        "AND currency = %(currency)s AND status NOT IN ('failed', 'canceled'){of_payee}) s",
        "AND currency = %(currency)s AND status = 'succeeded'{of_payee}) s",
        ("tests/payouts/test_payout_approvals.py",),
    ),
    Bug(
        "The refund that reaches the sum does not count to it",
        "apps/refunds/selectors/reached_sums.py",
        "missing = one.amount - refund.amount",
        "missing = one.amount",
        ("tests/refunds/test_refund_approvals.py",),
    ),
    Bug(
        "A key decides where only one of two rules lets it",
        "apps/approvals/selectors/demand_of.py",
        "keys_may_decide=all(rule.keys_may_decide for rule in matching),",
        "keys_may_decide=any(rule.keys_may_decide for rule in matching),",
        ("tests/payouts/test_payout_approvals.py", "tests/refunds/test_refund_approvals.py"),
    ),
    Bug(
        "At the very amount of a rule it does not hold",
        "apps/approvals/rules/matches.py",
        "return (rule.amount_min or 0) <= amount and (",
        "return (rule.amount_min or 0) < amount and (",
        ("tests/approvals/test_rules.py",),
    ),
)
