"""Bugs of money that comes in: payments, their attempts, what providers say of them."""

from tests.planted_bugs.bug import Bug

JUDGE = "apps/orchestration/rules/judge_reply.py"
JUDGED = ("tests/payments/test_judge_reply.py",)

BUGS = (
    Bug(
        "A callback's amount is trusted where it is more than was asked",
        JUDGE,
        "if result.amount is not None and result.amount != expected.amount:",
        "if result.amount is not None and result.amount < expected.amount:",
        JUDGED,
    ),
    Bug(
        "An answer in another currency is taken for ours",
        JUDGE,
        "if result.currency and result.currency != expected.currency:",
        "if result.currency and len(result.currency) != len(expected.currency):",
        JUDGED,
    ),
    Bug(
        "An older answer takes an attempt back",
        JUDGE,
        "if told in _RANK and _RANK[told] <= _RANK[status]:",
        "if told == status:",
        JUDGED,
    ),
    Bug(
        "An unknown outcome counts as not sent, and is tried again",
        JUDGE,
        "return Decision(AttemptStatus.UNKNOWN, needs_person=",
        "return Decision(AttemptStatus.NOT_SENT, needs_person=",
        JUDGED,
    ),
    Bug(
        "“Never heard of it” is believed before the provider had time to hear of it",
        JUDGE,
        "is_believed = expected.grace_is_over and expected.same_credentials",
        "is_believed = expected.same_credentials",
        JUDGED,
    ),
    Bug(
        "“Never heard of it” is believed under other credentials than it was sent with",
        JUDGE,
        "is_believed = expected.grace_is_over and expected.same_credentials",
        "is_believed = expected.grace_is_over",
        JUDGED,
    ),
    Bug(
        "A payment whose outcome nobody knows expires",
        "apps/payments/services/expire_payment.py",
        "in_flight = {AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN}",
        "in_flight = {AttemptStatus.SUBMITTED}",
        ("tests/payments/test_expire_payment.py::test_what_we_do_not_know_does_not_expire",),
    ),
    Bug(
        "What waits to be sent is sent after its payment has expired",
        "apps/payments/services/expire_payment.py",
        'writes = withdraw_attempts(attempts, source=clock, detail="expired", now=now)',
        'writes = withdraw_attempts([], source=clock, detail="expired", now=now)',
        (
            "tests/payments/test_expire_payment.py::test_a_payment_whose_retry_has_not_been_sent_expires_and_is_not_sent",
        ),
    ),
    Bug(
        "One person books late money as paid",
        "apps/payments/services/book_late_success.py",
        "if not requested_by or not approved_by or requested_by == approved_by:",
        "if not requested_by or not approved_by:",
        ("tests/payments/test_every_attempt.py", "tests/payments/test_four_eyes.py"),
    ),
    Bug(
        "A callback on what ended without money asks nothing",
        "apps/orchestration/services/handle_callback.py",
        "    if attempt.status == AttemptStatus.SUCCEEDED:\n        callback.note",
        "    if attempt.completed_at is not None:\n        callback.note",
        ("tests/payments/test_every_attempt.py",),
    ),
    Bug(
        "Nobody checks who sent a callback",
        "apps/orchestration/services/handle_callback.py",
        "connector.parse_callback(read_callback(callback, connector_state=read_state(attempt)))",
        "read_callback(callback, connector_state=read_state(attempt))",
        ("tests/payments/test_callbacks.py",),
    ),
    Bug(
        "Wave’s signature is not compared",
        "apps/providers/connectors/wave/signature.py",
        "if not _is_among(signatures[:SIGNATURES_MAX], expected):",
        "if not _is_among(signatures[:SIGNATURES_MAX], signatures[0]):",
        ("apps/providers/connectors/wave/tests/test_signature.py",),
    ),
    Bug(
        "A callback of Wave’s is good for ever",
        "apps/providers/connectors/wave/signature.py",
        "if abs(received_at.timestamp() - int(time)) > SECONDS_APART_MAX:",
        "if int(time) - received_at.timestamp() > SECONDS_APART_MAX:",
        ("apps/providers/connectors/wave/tests/test_signature.py",),
    ),
    Bug(
        "Any notif_token of Orange’s will do",
        "apps/providers/connectors/orange_webpay/connector.py",
        'if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):',
        "if len(given) != len(expected):",
        ("apps/providers/connectors/orange_webpay/tests/test_connector.py",),
    ),
    Bug(
        "The address of a callback opens without its tag",
        "apps/vault/tokens.py",
        "return value if any(matches) else None",
        "return value if matches else None",
        ("apps/vault/tests/test_tokens.py",),
    ),
    Bug(
        "A status of MTN’s that nobody knows counts as paid",
        "apps/providers/connectors/mtn_momo/mapping.py",
        'outcome = OUTCOMES.get(value["status"], Outcome.PENDING)',
        'outcome = OUTCOMES.get(value["status"], Outcome.SUCCEEDED)',
        ("apps/providers/connectors/mtn_momo/tests/test_mapping.py",),
    ),
    Bug(
        "Of Wave’s two sessions for one order both stay open",
        "apps/providers/connectors/wave/connector.py",
        "if session is not chosen and mapping.is_open(session):",
        "if session is chosen and not mapping.is_open(session):",
        ("apps/providers/connectors/wave/tests/test_connector.py",),
    ),
    Bug(
        "MTN’s “busy” counts as not sent, though it may have passed the order on",
        "apps/providers/connectors/mtn_momo/mapping.py",
        'raise ProviderBusy(f"MTN is not taking requests: {said}")',
        'raise NotSent(f"MTN is not taking requests: {said}")',
        ("apps/providers/connectors/mtn_momo/tests/test_mapping.py",),
    ),
    Bug(
        "An order that waited for a token leaves after its time",
        "apps/providers/transports/http.py",
        "if not_after is not None and self._clock() >= not_after:",
        "if not_after is not None and self._clock() is None:",
        ("tests/providers/test_transport.py",),
    ),
    Bug(
        "What a worker took along when it died is asked about next month",
        "apps/orchestration/services/claim_attempts.py",
        "attempt.next_check_at = now + settings.SUBMIT_LEASE",
        "attempt.next_check_at = now + 10_000 * settings.SUBMIT_LEASE",
        ("tests/payments/test_submission.py", "tests/payouts/test_settle_payout.py"),
    ),
    Bug(
        "Of Wave’s movements the net counts for the gross",
        "apps/providers/connectors/wave/movements.py",
        "if are_net and kind != SWEPT:",
        "if are_net and kind == SWEPT:",
        ("apps/providers/connectors/wave/tests/test_movements.py",),
    ),
)
