"""The connector against the real simulator, over real sockets."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from apps.providers.connectors.mtn_momo.config import MtnMomoConfig, Subscription
from apps.providers.connectors.mtn_momo.connector import MtnMomoConnector
from apps.providers.connectors.mtn_momo.simulator import payers
from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    Collects,
    FailureCode,
    HttpAnswer,
    NotSent,
    Operation,
    Outcome,
    OutcomeUnknown,
    ParsesCallbacks,
    ProviderBusy,
    ProviderMisbehaved,
    Queries,
    ReadsStatements,
    ReferenceUnknown,
)
from apps.providers.simulation.process import SimulatorProcess

from .conftest import arm, ask_until, book_entry, config_for, connector_for, now, order, question
from .transport import ScriptedTransport, SocketTransport

TOKEN = HttpAnswer(200, {}, b'{"access_token":"t1","token_type":"x","expires_in":3600}')
TOKEN_2 = HttpAnswer(200, {}, b'{"access_token":"t2","token_type":"x","expires_in":3600}')
ACCEPTED = HttpAnswer(202, {}, b"")
NO_TOKEN = HttpAnswer(401, {}, b'{"error":"invalid_token"}')


def scripted(*answers, clock=now) -> tuple[MtnMomoConnector, ScriptedTransport]:
    transport = ScriptedTransport(*answers)
    config = MtnMomoConfig(
        "https://mtn.test",
        "mtncameroon",
        {"collection": Subscription("key", "user", "secret")},
    )
    return MtnMomoConnector(config=config, transport=transport, clock=clock), transport


def test_it_keeps_the_whole_contract(connector):
    for protocol in (Collects, Queries, ParsesCallbacks, ReadsStatements):
        assert isinstance(connector, protocol)


# The payer's answer


def test_a_payer_who_approves_has_paid(connector, simulators):
    asked = order(payers.PAYER_APPROVES)

    assert connector.collect(asked).outcome is Outcome.PENDING
    result = ask_until(connector, asked)

    entry = book_entry(simulators, asked)
    assert result.outcome is Outcome.SUCCEEDED
    assert (result.amount, result.currency, result.counterparty) == (
        1500,
        "XAF",
        payers.PAYER_APPROVES,
    )
    assert result.provider_reference == entry["provider_reference"]
    assert entry["times_executed"] == 1


@pytest.mark.parametrize(
    ("payer", "failure_code"),
    [
        (payers.PAYER_FAILS, FailureCode.PROVIDER_DECLINED),
        (payers.PAYER_REJECTS, FailureCode.PAYER_DECLINED),
        (payers.PAYER_LETS_IT_EXPIRE, FailureCode.PAYER_TIMED_OUT),
        (payers.PAYER_HAS_NO_WALLET, FailureCode.PAYER_NOT_FOUND),
        (payers.PAYER_MEETS_BLOCKED_PAYEE, FailureCode.MERCHANT_ACCOUNT_BLOCKED),
        (payers.PAYER_MEETS_INTERNAL_ERROR, FailureCode.PROVIDER_DECLINED),
        (payers.PAYER_FORGETS_PIN, FailureCode.PAYER_TIMED_OUT),
        (payers.PAYER_MEETS_UNKNOWN_TYPE, FailureCode.CONFIGURATION),
        (payers.PAYER_HAS_NO_FUNDS, FailureCode.INSUFFICIENT_FUNDS),
        (payers.PAYER_IS_OVER_LIMIT, FailureCode.LIMIT_REACHED),
        (payers.PAYER_IS_BLOCKED, FailureCode.PAYER_BLOCKED),
        (payers.PAYER_CANCELS, FailureCode.PAYER_DECLINED),
        (payers.PAYER_MEETS_PAYEE_LIMIT, FailureCode.MERCHANT_ACCOUNT_BLOCKED),
        (payers.PAYER_DOES_NOT_APPROVE, FailureCode.PAYER_DECLINED),
        (payers.PAYER_CANNOT_PAY_FOR_SOME_REASON, FailureCode.PROVIDER_DECLINED),
    ],
)
def test_a_payment_that_fails_says_why(connector, simulators, payer, failure_code):
    asked = order(payer)
    connector.collect(asked)

    result = ask_until(connector, asked)

    assert (result.outcome, result.failure_code) == (Outcome.FAILED, failure_code)
    assert book_entry(simulators, asked)["times_executed"] == 0


@pytest.mark.parametrize(
    ("payer", "failure_code"),
    [
        (payers.PAYER_IS_NOT_ALLOWED, FailureCode.CONFIGURATION),
        (payers.PAYER_MEETS_WRONG_ENVIRONMENT, FailureCode.CONFIGURATION),
        (payers.PAYER_MEETS_WRONG_CALLBACK_HOST, FailureCode.CONFIGURATION),
        (payers.PAYER_MEETS_WRONG_CURRENCY, FailureCode.CONFIGURATION),
    ],
)
def test_what_is_refused_at_once_was_not_sent(connector, simulators, payer, failure_code):
    asked = order(payer)

    with pytest.raises(NotSent) as caught:
        connector.collect(asked)

    assert caught.value.failure_code is failure_code
    assert book_entry(simulators, asked) is None
    with pytest.raises(ReferenceUnknown):
        connector.query(question(asked))


@pytest.mark.parametrize("payer", [payers.PAYER_MEETS_CLOSED_SERVICE, payers.PAYER_FINDS_MTN_DOWN])
def test_busy_is_no_proof_though_nothing_was_taken(connector, simulators, payer):
    asked = order(payer)

    with pytest.raises(ProviderBusy):
        connector.collect(asked)

    assert book_entry(simulators, asked) is None


@pytest.mark.parametrize("payer", [payers.PAYER_NEVER_ANSWERS, payers.PAYER_TAKES_HALF_A_MINUTE])
def test_a_payer_who_does_not_answer_stays_pending(connector, simulators, payer):
    asked = order(payer)
    connector.collect(asked)

    result = connector.query(question(asked))

    assert result.outcome is Outcome.PENDING
    assert result.next_action.kind == "approve_on_phone"
    assert book_entry(simulators, asked)["times_executed"] == 0


def test_a_reason_may_come_as_an_object(connector, simulators):
    asked = order(payers.PAYER_HAS_NO_FUNDS)
    connector.collect(asked)
    settings = {"provider": "mtn_momo", "reason_as_object": 1}
    simulators.control("POST", "/settings", settings)

    result = ask_until(connector, asked)

    simulators.control("POST", "/settings", {**settings, "reason_as_object": 0})
    assert result.raw["reason"]["code"] == "NOT_ENOUGH_FUNDS"
    assert result.failure_code is FailureCode.INSUFFICIENT_FUNDS


# Faults of the line


@pytest.mark.parametrize(
    "payer", [payers.PAYER_BREAKS_THE_LINE, payers.PAYER_CAUSES_500_THOUGH_ACCEPTED]
)
def test_an_answer_lost_after_acceptance_is_unknown_and_the_query_settles_it(
    connector, simulators, payer
):
    asked = order(payer)

    with pytest.raises(OutcomeUnknown):
        connector.collect(asked)

    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED
    # Even if somebody sends it again, the payer is asked once.
    assert connector.collect(asked).outcome is Outcome.PENDING
    assert book_entry(simulators, asked)["times_executed"] == 1


def test_a_slow_answer_is_unknown_and_the_query_settles_it(simulators):
    impatient = connector_for(simulators, timeout_s_max=0.3)
    asked = order(payers.PAYER_APPROVES)
    arm(simulators, "slow", asked, value=1.0)

    with pytest.raises(OutcomeUnknown):
        impatient.collect(asked)

    assert ask_until(impatient, asked).outcome is Outcome.SUCCEEDED


def test_the_slow_payer_is_slower_than_any_patience(simulators):
    impatient = connector_for(simulators, timeout_s_max=0.2)

    with pytest.raises(OutcomeUnknown):
        impatient.collect(order(payers.PAYER_IS_SLOW))


def test_junk_instead_of_acceptance_is_unknown_then_misbehaviour_then_the_truth(connector):
    asked = order(payers.PAYER_GETS_JUNK)

    with pytest.raises(OutcomeUnknown):
        connector.collect(asked)
    for _ in range(2):
        with pytest.raises(ProviderMisbehaved):
            connector.query(question(asked))

    assert connector.query(question(asked)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    "fault", ["drop_before_accepting", "error_500", "down", "cut_body", "huge_body"]
)
def test_a_lost_order_is_never_called_failed(connector, simulators, fault):
    asked = order(payers.PAYER_APPROVES)
    arm(simulators, fault, asked)

    with pytest.raises((OutcomeUnknown, NotSent)):
        connector.collect(asked)

    # The same reference may be sent again: executed once all the same.
    connector.collect(asked)
    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED
    assert book_entry(simulators, asked)["times_executed"] == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("junk_body", ProviderMisbehaved),
        ("truncated_json", ProviderMisbehaved),
        ("huge_body", OutcomeUnknown),
        ("cut_body", OutcomeUnknown),
        ("accept_then_drop", OutcomeUnknown),
        ("error_500", OutcomeUnknown),
        ("down", OutcomeUnknown),
    ],
)
def test_a_query_that_fails_brings_no_news(connector, simulators, fault, expected):
    asked = order(payers.PAYER_APPROVES)
    connector.collect(asked)
    arm(simulators, fault, asked, on="query")

    with pytest.raises(expected):
        connector.query(question(asked))

    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED


def test_slow_bytes_are_no_news_either(simulators):
    impatient = connector_for(simulators, timeout_s_max=0.3)
    asked = order(payers.PAYER_APPROVES)
    impatient.collect(asked)
    arm(simulators, "slow_bytes", asked, on="query", value=0.5)

    with pytest.raises(OutcomeUnknown):
        impatient.query(question(asked))


def test_a_wrong_content_type_does_not_matter(connector, simulators):
    asked = order(payers.PAYER_APPROVES)
    connector.collect(asked)
    arm(simulators, "wrong_content_type", asked, on="query")

    assert connector.query(question(asked)).outcome is Outcome.SUCCEEDED


def test_a_dead_host_was_not_sent(simulators):
    dead = connector_for(simulators, base_url="http://127.0.0.1:9")

    with pytest.raises(NotSent):
        dead.collect(order(payers.PAYER_APPROVES))


# Faults of the books


def test_another_amount_is_reported_as_mtn_says_it(connector, simulators):
    asked = order(payers.PAYER_IS_CHARGED_ANOTHER_AMOUNT)
    connector.collect(asked)

    result = ask_until(connector, asked)

    assert (result.outcome, result.amount) == (Outcome.SUCCEEDED, 750)
    assert book_entry(simulators, asked)["amount"] == 1500


def test_an_answer_for_another_is_misbehaviour(connector):
    asked = order(payers.PAYER_IS_MISTAKEN_FOR_ANOTHER)
    connector.collect(asked)

    with pytest.raises(ProviderMisbehaved):
        connector.query(question(asked))


def test_a_late_success_is_expired_first(connector, simulators):
    asked = order(payers.PAYER_APPROVES)
    arm(simulators, "late_success", asked, value=0.3)
    connector.collect(asked)

    first = connector.query(question(asked))
    last = ask_until(connector, asked, lambda result: result.outcome is Outcome.SUCCEEDED)

    assert (first.outcome, first.failure_code) == (Outcome.FAILED, FailureCode.PAYER_TIMED_OUT)
    assert last.outcome is Outcome.SUCCEEDED
    assert book_entry(simulators, asked)["times_executed"] == 1


def test_a_late_approval_is_pending_first(connector, simulators):
    asked = order(payers.PAYER_APPROVES)
    arm(simulators, "late_approval", asked, value=0.3)
    connector.collect(asked)

    assert connector.query(question(asked)).outcome is Outcome.PENDING
    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED


def test_a_reference_may_be_unknown_for_a_while(connector, simulators):
    asked = order(payers.PAYER_APPROVES)
    arm(simulators, "hidden_at_first", asked, value=0.2)
    connector.collect(asked)

    with pytest.raises(ReferenceUnknown):
        connector.query(question(asked))

    time.sleep(0.2)
    assert connector.query(question(asked)).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("payer", "outcome"),
    [
        (payers.PAYER_SUCCEEDS_AFTER_EXPIRY, Outcome.FAILED),
        (payers.PAYER_APPROVES_LATE, Outcome.PENDING),
    ],
)
def test_the_late_payers_begin_as_their_names_say(connector, payer, outcome):
    asked = order(payer)
    connector.collect(asked)

    assert connector.query(question(asked)).outcome is outcome


def test_the_hidden_payer_is_unknown_at_first(connector):
    asked = order(payers.PAYER_IS_HIDDEN_AT_FIRST)
    connector.collect(asked)

    with pytest.raises(ReferenceUnknown):
        connector.query(question(asked))


# Callbacks


def parse(connector, body, method="POST"):
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    connector.parse_callback(CallbackRequest(method=method, headers={}, body=content))


@pytest.mark.parametrize(
    ("payer", "statuses"),
    [
        (payers.PAYER_APPROVES, ["SUCCESSFUL"]),
        (payers.PAYER_REJECTS, ["FAILED"]),
        (payers.PAYER_CALLS_BACK_TWICE, ["SUCCESSFUL"] * 2),
        (payers.PAYER_CALLS_BACK_A_HUNDRED_TIMES, ["SUCCESSFUL"] * 100),
        (payers.PAYER_CALLS_BACK_OUT_OF_ORDER, ["SUCCESSFUL", "PENDING"]),
        (payers.PAYER_CALLS_BACK_CONTRADICTING, ["SUCCESSFUL", "FAILED"]),
        (payers.PAYER_CALLS_BACK_EARLY, ["SUCCESSFUL"]),
        (payers.PAYER_IS_FORGED, ["SUCCESSFUL", "SUCCESSFUL"]),
    ],
)
def test_callbacks_come_as_the_payer_has_it_and_look_like_mtns(
    connector, simulators, receiver, payer, statuses
):
    asked = order(payer)
    name = str(asked.reference)
    asked = order(payer, reference=asked.reference, callback_url=receiver.url(name))

    connector.collect(asked)

    bodies = receiver.wait_for(name, len(statuses))
    assert [body["status"] for body in bodies] == statuses
    for body in bodies:
        parse(connector, body)
        assert body["externalId"] == name
    assert set(receiver.methods(name)) == {"POST"}


def test_a_forged_success_is_unmasked_by_the_query(connector, simulators, receiver):
    asked = order(payers.PAYER_IS_FORGED, callback_url=receiver.url("forged"))
    connector.collect(asked)

    first, second = receiver.wait_for("forged", 2)

    assert (first["status"], first["amount"]) == ("SUCCESSFUL", "1500")
    assert (second["status"], second["amount"]) == ("SUCCESSFUL", "750")
    assert ask_until(connector, asked).outcome is Outcome.FAILED
    assert book_entry(simulators, asked)["times_executed"] == 0


def test_a_payer_may_lose_his_callback(connector, simulators, receiver):
    lost = order(payers.PAYER_LOSES_CALLBACK, callback_url=receiver.url("lost"))
    later = order(payers.PAYER_APPROVES, callback_url=receiver.url("after-lost"))

    connector.collect(lost)
    connector.collect(later)

    receiver.wait_for("after-lost")
    assert receiver.bodies("lost") == []
    assert ask_until(connector, lost).outcome is Outcome.SUCCEEDED


def test_a_late_callback_comes_after_the_truth_is_known(connector, simulators, receiver):
    asked = order(payers.PAYER_APPROVES, callback_url=receiver.url("late"))
    arm(simulators, "late_callback", asked, value=0.3)
    connector.collect(asked)

    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED
    assert receiver.bodies("late") == []
    receiver.wait_for("late")


def test_the_late_payers_callback_is_not_there_yet(connector, receiver):
    asked = order(payers.PAYER_CALLS_BACK_LATE, callback_url=receiver.url("very-late"))
    connector.collect(asked)

    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED
    assert receiver.bodies("very-late") == []


def test_a_callback_to_a_foreign_host_is_refused_as_configuration(connector, simulators):
    asked = order(payers.PAYER_APPROVES, callback_url="https://evil.example.org/x")

    with pytest.raises(NotSent) as caught:
        connector.collect(asked)

    assert caught.value.failure_code is FailureCode.CONFIGURATION
    assert book_entry(simulators, asked) is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"<html>", b"{}", b'{"status":1}', b'{"status":"SUCC']
)
def test_a_body_that_is_no_status_resource_is_rejected(connector, body):
    with pytest.raises(CallbackRejected):
        parse(connector, body)


def test_both_verbs_of_the_documents_are_taken_and_no_other(connector):
    parse(connector, {"status": "PENDING"}, method="PUT")
    with pytest.raises(CallbackRejected):
        parse(connector, {"status": "PENDING"}, method="GET")


# Repeats


def test_fifty_identical_orders_at_once_ask_the_payer_once(connector, simulators):
    asked = order(payers.PAYER_APPROVES)

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda _: connector.collect(asked), range(50)))

    assert {result.outcome for result in results} == {Outcome.PENDING}
    assert book_entry(simulators, asked)["times_executed"] == 1


def test_a_repeat_with_another_amount_changes_nothing(connector, simulators):
    asked = order(payers.PAYER_APPROVES)
    connector.collect(asked)

    connector.collect(order(payers.PAYER_REJECTS, reference=asked.reference, amount=99))

    result = ask_until(connector, asked)
    assert (result.outcome, result.amount) == (Outcome.SUCCEEDED, 1500)


# Tokens


def test_many_calls_share_one_token(simulators):
    transport = SocketTransport()
    connector = MtnMomoConnector(config=config_for(simulators), transport=transport, clock=now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: connector.collect(order(payers.PAYER_APPROVES)), range(16)))

    assert sum("token" in url for _, url in transport.requests) == 1


@pytest.mark.parametrize("stage", ["create", "query"])
def test_a_token_that_expires_in_mid_flight_is_replaced_unseen(connector, simulators, stage):
    asked = order(payers.PAYER_APPROVES)
    if stage == "query":
        connector.collect(asked)
    arm(simulators, "token_expired", on=stage)

    if stage == "create":
        connector.collect(asked)

    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED
    assert simulators.control("GET", "/faults") == []
    assert book_entry(simulators, asked)["times_executed"] == 1


def test_both_platforms_of_mtn_are_served(simulators):
    settings = {"provider": "mtn_momo", "is_new_platform": 1, "token_delay_s": 0.2}
    simulators.control("POST", "/settings", settings)
    try:
        result = connector_for(simulators).collect(order(payers.PAYER_APPROVES))
    finally:
        settings = {"provider": "mtn_momo", "is_new_platform": 0, "token_delay_s": 0}
        simulators.control("POST", "/settings", settings)

    assert result.outcome is Outcome.PENDING


def test_accepted_and_then_called_busy_is_found_paid_once(connector, simulators):
    asked = order(payers.PAYER_APPROVES)
    arm(simulators, "busy_though_accepted", asked)

    with pytest.raises(ProviderBusy):
        connector.collect(asked)
    # The same reference again: 409, and nobody is asked twice.
    assert connector.collect(asked).outcome is Outcome.PENDING

    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED
    assert book_entry(simulators, asked)["times_executed"] == 1
    assert connector.profile.operations[Operation.COLLECT].is_repeat_safe


def test_who_hangs_is_given_up_in_time(simulators):
    connector = connector_for(simulators, timeout_s_max=0.5)
    asked = order(payers.PAYER_APPROVES)
    arm(simulators, "hang", asked, value=1.5)
    begun = time.monotonic()

    with pytest.raises(OutcomeUnknown):
        connector.collect(asked)

    assert time.monotonic() - begun < 1.5
    assert ask_until(connector, asked).outcome is Outcome.SUCCEEDED


def test_a_dead_token_endpoint_means_that_nothing_was_sent(simulators):
    connector = connector_for(simulators, timeout_s_max=0.5)
    arm(simulators, "hang", on="token", value=1.0)
    asked = order(payers.PAYER_APPROVES)

    with pytest.raises(NotSent):
        connector.collect(asked)

    assert book_entry(simulators, asked) is None


def test_too_late_is_not_sent_whatever_was_waited_for(simulators):
    asked = order(payers.PAYER_APPROVES, not_after=now())

    with pytest.raises(NotSent):
        connector_for(simulators).collect(asked)

    assert book_entry(simulators, asked) is None


def test_a_token_refused_twice_is_a_configuration_alarm():
    connector, transport = scripted(TOKEN, NO_TOKEN, TOKEN_2, NO_TOKEN)

    with pytest.raises(NotSent) as caught:
        connector.collect(order(payers.PAYER_APPROVES))

    assert caught.value.failure_code is FailureCode.CONFIGURATION
    assert [call[2].get("Authorization") for call in transport.calls[1::2]] == [
        "Bearer t1",
        "Bearer t2",
    ]


def test_a_query_refused_twice_is_no_news():
    connector, _ = scripted(TOKEN, NO_TOKEN, TOKEN_2, NO_TOKEN)

    with pytest.raises(OutcomeUnknown):
        connector.query(question(order(payers.PAYER_APPROVES)))


@pytest.mark.parametrize(
    "answer",
    [
        OutcomeUnknown("timeout"),
        NotSent("refused"),
        HttpAnswer(500, {}, b""),
        HttpAnswer(200, {}, b"<html>"),
        HttpAnswer(200, {}, b"null"),
        HttpAnswer(200, {}, b'{"access_token":"t"}'),
    ],
)
def test_without_a_token_nothing_was_sent(answer):
    connector, transport = scripted(answer)

    with pytest.raises(NotSent) as caught:
        connector.collect(order(payers.PAYER_APPROVES))

    assert caught.value.failure_code is None
    assert len(transport.calls) == 1


def test_wrong_credentials_are_a_configuration_alarm(simulators):
    for wrong in (
        {"api_key": "0" * 32},
        {"api_user": "nobody"},
        {"subscription_key": "0" * 32},
        {"target_environment": "mtnnowhere"},
    ):
        with pytest.raises(NotSent) as caught:
            connector_for(simulators, **wrong).collect(order(payers.PAYER_APPROVES))
        assert caught.value.failure_code is FailureCode.CONFIGURATION, wrong


def test_a_token_is_refreshed_before_it_expires():
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]
    connector, transport = scripted(
        TOKEN, ACCEPTED, ACCEPTED, TOKEN_2, ACCEPTED, clock=lambda: moment[0]
    )

    connector.collect(order(payers.PAYER_APPROVES))
    moment[0] += timedelta(seconds=3600 - 121)
    connector.collect(order(payers.PAYER_APPROVES))
    moment[0] += timedelta(seconds=1)
    connector.collect(order(payers.PAYER_APPROVES))

    used = [call[2]["Authorization"] for call in transport.calls if "request" in call[1]]
    assert used == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_refresh_that_fails_leaves_a_good_token_in_use():
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]
    connector, _ = scripted(
        TOKEN, ACCEPTED, OutcomeUnknown("timeout"), ACCEPTED, clock=lambda: moment[0]
    )
    connector.collect(order(payers.PAYER_APPROVES))
    moment[0] += timedelta(seconds=3550)

    assert connector.collect(order(payers.PAYER_APPROVES)).outcome is Outcome.PENDING


# What goes over the wire


def test_the_headers_are_mtns_and_an_empty_callback_is_not_sent():
    connector, transport = scripted(TOKEN, ACCEPTED, ACCEPTED)
    asked = order(payers.PAYER_APPROVES)

    connector.collect(asked)
    connector.collect(order(payers.PAYER_APPROVES, callback_url="https://we.test/cb"))

    _, plain, with_callback = transport.calls
    assert plain[:2] == ("POST", "https://mtn.test/collection/v1_0/requesttopay")
    assert plain[2] == {
        "Authorization": "Bearer t1",
        "Ocp-Apim-Subscription-Key": "key",
        "X-Target-Environment": "mtncameroon",
        "X-Reference-Id": str(asked.reference),
        "Content-Type": "application/json",
    }
    assert with_callback[2]["X-Callback-Url"] == "https://we.test/cb"


def test_a_currency_mtn_does_not_serve_is_not_sent():
    connector, transport = scripted()

    with pytest.raises(NotSent):
        connector.collect(order(payers.PAYER_APPROVES, currency="EUR"))

    assert transport.calls == []


def test_the_sandbox_takes_francs_as_euros(simulators):
    sandbox = connector_for(simulators, target_environment="sandbox", wire_currency="EUR")
    asked = order(payers.PAYER_APPROVES)

    sandbox.collect(asked)

    result = ask_until(sandbox, asked)
    assert (result.outcome, result.amount, result.currency) == (Outcome.SUCCEEDED, 1500, "XAF")


def test_ivory_coast_pays_in_its_own_franc(simulators):
    connector = connector_for(simulators, target_environment="mtnivorycoast")
    asked = order("2250554000001", currency="XOF", country="CI")

    connector.collect(asked)

    assert ask_until(connector, asked).currency == "XOF"


# The simulator's memory


def test_what_was_accepted_survives_a_kill_9(tmp_path, receiver):
    process = SimulatorProcess(
        data_dir=tmp_path / "data", report_dir=tmp_path / "reports", approve_after_s=0.5
    )
    with process:
        connector = connector_for(process)
        plain = order(payers.PAYER_APPROVES, callback_url=receiver.url("after-kill"))
        refused = order(payers.PAYER_REJECTS)
        broken = order(payers.PAYER_BREAKS_THE_LINE)
        connector.collect(plain)
        connector.collect(refused)
        with pytest.raises(OutcomeUnknown):
            connector.collect(broken)
        arm(process, "down", msisdn="237600000000")

        process.kill()
        with pytest.raises((OutcomeUnknown, NotSent)):
            connector.query(question(plain))
        process.start()

        # The same token still opens the door: no new one is fetched.
        assert ask_until(connector, plain).outcome is Outcome.SUCCEEDED
        assert ask_until(connector, refused).outcome is Outcome.FAILED
        assert ask_until(connector, broken).outcome is Outcome.SUCCEEDED
        assert connector.collect(plain).outcome is Outcome.PENDING
        receiver.wait_for("after-kill")
        with pytest.raises(ProviderBusy):
            connector.collect(order("237600000000"))
        executed = [entry["times_executed"] for entry in process.control("GET", "/books/mtn_momo")]
        assert executed == [1, 0, 1]
