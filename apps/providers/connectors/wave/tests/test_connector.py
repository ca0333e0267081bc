"""Wave's answers in our words, over a script of them."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from apps.providers.connectors.wave.config import WaveConfig
from apps.providers.connectors.wave.connector import WaveConnector
from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    CollectRequest,
    DisburseRequest,
    FailureCode,
    HttpAnswer,
    NotSent,
    Operation,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    QueryRequest,
    ReferenceUnknown,
    RefundRequest,
)

REFERENCE = uuid.UUID("6f0d3a52-5b0f-4b57-9f0e-8f7f0a3f2d11")
REFUND = uuid.UUID("0a8f3c11-5b0f-4b57-9f0e-8f7f0a3f2d12")
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SETTINGS = {
    "base_url": "https://api.wave.test",
    "api_key": "wave_sn_prod_000000000000000000",
    "webhook_secret": "secret",
}
ORDER = CollectRequest(
    reference=REFERENCE,
    amount=1500,
    currency="XOF",
    country="SN",
    payer_msisdn="221770000001",
    description="Livre",
    merchant_name="Librairie",
    callback_url="https://pay.example/callback",
    return_url="https://shop.example/merci",
    cancel_url="https://shop.example/retour",
)
PAYOUT = DisburseRequest(
    reference=REFERENCE,
    amount=1500,
    currency="XOF",
    country="SN",
    payee_msisdn="221770000001",
    description="Salaire de mars, équipe de Ziguinchor et de Saint-Louis",
    merchant_name="Librairie",
    callback_url="",
)
GIVE_BACK = RefundRequest(
    reference=REFUND,
    amount=1500,
    currency="XOF",
    country="SN",
    payer_msisdn="221770000001",
    collected_reference=REFERENCE,
    collected_provider_reference="T_1",
    description="Livre",
    merchant_name="Librairie",
    callback_url="",
)


class Script:
    """Answers in turn; keeps what was asked."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.calls = []

    def request(self, method, url, *, headers, body=b"", is_instruction=True, **_):
        self.calls.append((method, url.removeprefix("https://api.wave.test"), headers, body))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def connector(*answers, **settings):
    config = WaveConfig.from_mapping({**SETTINGS, **settings})
    script = Script(*answers)
    built = WaveConnector(config=config, transport=script, clock=lambda: NOW)
    return built, script


def ok(value, status=200):
    return HttpAnswer(status, {}, json.dumps(value).encode())


def error(status, code=""):
    return ok({"code": code, "message": code, "details": []}, status)


def session(**changes):
    return {
        "id": "cos-1",
        "amount": "1500",
        "currency": "XOF",
        "checkout_status": "open",
        "payment_status": "processing",
        "client_reference": str(REFERENCE),
        "transaction_id": None,
        "last_payment_error": None,
        "restrict_payer_mobile": "+221770000001",
        "wave_launch_url": "https://pay.wave.com/c/cos-1?a=1500&c=XOF",
        "when_created": "2026-03-10T12:00:00Z",
        **changes,
    }


PAID = session(checkout_status="complete", payment_status="succeeded", transaction_id="T_1")


def asked(operation=Operation.COLLECT, **changes):
    return QueryRequest(
        **{
            "reference": REFERENCE,
            "amount": 1500,
            "currency": "XOF",
            "counterparty": "221770000001",
            "operation": operation,
            "ordered_at": NOW,
            **changes,
        }
    )


def page(*items, day="2026-03-10", more=False, end="c"):
    return ok(
        {
            "page_info": {"end_cursor": end, "has_next_page": more},
            "date": day,
            "items": list(items),
        }
    )


# Collecting


def test_a_session_restricts_the_payer_and_its_link_comes_as_it_is():
    wave, script = connector(ok(session()))

    result = wave.collect(ORDER)

    method, path, headers, body = script.calls[0]
    assert (method, path) == ("POST", "/v1/checkout/sessions")
    assert headers["Authorization"] == f"Bearer {SETTINGS['api_key']}"
    assert json.loads(body) == {
        "amount": "1500",
        "currency": "XOF",
        "client_reference": str(REFERENCE),
        "success_url": "https://shop.example/merci",
        "error_url": "https://shop.example/retour",
        "restrict_payer_mobile": "+221770000001",
    }
    assert result.next_action.url == session()["wave_launch_url"]
    assert result.connector_state == {"session": "cos-1"}


def test_an_address_that_is_not_https_is_not_sent():
    wave, script = connector()

    with pytest.raises(NotSent) as refused:
        wave.collect(replace(ORDER, return_url="http://shop.example/merci"))

    assert refused.value.failure_code is FailureCode.CONFIGURATION
    assert script.calls == []


@pytest.mark.parametrize(
    "lost",
    [
        OutcomeUnknown("timeout"),
        error(500, "internal-server-error"),
        error(408),
        ok([]),
        error(429),
    ],
    ids=["timeout", "500", "408", "junk", "429"],
)
def test_a_session_whose_answer_was_lost_is_searched_for_and_its_link_given_out(lost):
    wave, script = connector(lost, ok({"result": [session()]}))

    result = wave.collect(ORDER)

    assert result.next_action.url == session()["wave_launch_url"]
    assert script.calls[1][1] == f"/v1/checkout/sessions/search?client_reference={REFERENCE}"
    assert len(script.calls) == 2


@pytest.mark.parametrize(
    "search",
    [ok({"result": []}), error(503), OutcomeUnknown("timeout"), NotSent("no line"), ok({})],
    ids=["none", "503", "timeout", "no line", "junk"],
)
def test_a_session_that_is_not_found_stays_unknown(search):
    wave, _ = connector(OutcomeUnknown("timeout"), search)

    with pytest.raises(OutcomeUnknown):
        wave.collect(ORDER)


def test_of_two_open_sessions_the_older_is_closed():
    older = session(id="cos-0", when_created="2026-03-10T11:00:00Z")
    wave, script = connector(
        OutcomeUnknown("timeout"), ok({"result": [session(), older]}), HttpAnswer(200, {}, b"")
    )

    result = wave.collect(ORDER)

    assert result.connector_state == {"session": "cos-1"}
    assert script.calls[2][:2] == ("POST", "/v1/checkout/sessions/cos-0/expire")


@pytest.mark.parametrize("status", [409, 500])
def test_no_link_is_given_out_while_another_session_of_it_may_be_paid(status):
    older = session(id="cos-0", when_created="2026-03-10T11:00:00Z")
    both = ok({"result": [session(), older]})
    ordering, _ = connector(OutcomeUnknown("timeout"), both, error(status, ""))
    asking, _ = connector(both, error(status, ""))

    with pytest.raises(OutcomeUnknown):
        ordering.collect(ORDER)
    with pytest.raises(OutcomeUnknown):
        asking.query(asked())


def test_that_another_session_cannot_be_closed_hides_no_payment():
    wave, _ = connector(
        ok({"result": [PAID, session(id="cos-0")]}), error(500, "internal-server-error")
    )

    assert wave.query(asked()).outcome is Outcome.SUCCEEDED


def test_two_sessions_that_were_paid_are_a_persons():
    wave, _ = connector(ok({"result": [PAID, {**PAID, "id": "cos-2"}]}))

    with pytest.raises(ProviderMisbehaved):
        wave.query(asked())


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "request-validation-error", NotSent),
        (400, "country-mismatch", NotSent),
        (401, "api-key-revoked", NotSent),
        (403, "disabled-wallet", NotSent),
        # Of a gateway, or of a later version: nothing is proved.
        (403, "", OutcomeUnknown),
        (400, "something-new", OutcomeUnknown),
        (404, "", OutcomeUnknown),
        (408, "request-validation-error", OutcomeUnknown),
        (429, "too-many-requests", ProviderBusy),
        (500, "internal-server-error", OutcomeUnknown),
        (503, "service-unavailable", ProviderBusy),
        (302, "", OutcomeUnknown),
    ],
)
def test_only_a_refusal_in_waves_own_words_proves_that_nothing_was_done(status, code, expected):
    collecting, _ = connector(error(status, code), ok({"result": []}))
    paying, _ = connector(error(status, code))

    for act in (lambda: collecting.collect(ORDER), lambda: paying.disburse(PAYOUT)):
        with pytest.raises(expected) as raised:
            act()
        assert type(raised.value) is expected


@pytest.mark.parametrize(
    ("changes", "outcome", "failure"),
    [
        ({"payment_status": "succeeded", "transaction_id": "T_1"}, Outcome.SUCCEEDED, None),
        ({}, Outcome.PENDING, None),
        ({"last_payment_error": {"code": "insufficient-funds"}}, Outcome.PENDING, None),
        ({"payment_status": "cancelled"}, Outcome.PENDING, None),
        ({"checkout_status": "complete"}, Outcome.PENDING, None),
        ({"checkout_status": "expired"}, Outcome.FAILED, FailureCode.PAYER_TIMED_OUT),
        (
            {"checkout_status": "expired", "payment_status": "succeeded", "transaction_id": "T_1"},
            Outcome.SUCCEEDED,
            None,
        ),
        (
            {"checkout_status": "complete", "payment_status": "cancelled"},
            Outcome.FAILED,
            FailureCode.PAYER_DECLINED,
        ),
        (
            {
                "checkout_status": "complete",
                "payment_status": "cancelled",
                "last_payment_error": {"code": "insufficient-funds"},
            },
            Outcome.FAILED,
            FailureCode.INSUFFICIENT_FUNDS,
        ),
        ({"checkout_status": "new-word", "payment_status": "new-word"}, Outcome.PENDING, None),
    ],
)
def test_only_succeeded_is_paid_and_an_open_session_has_not_failed(changes, outcome, failure):
    wave, _ = connector(ok(session(**changes)))

    result = wave.query(asked(connector_state={"session": "cos-1"}))

    assert (result.outcome, result.failure_code) == (outcome, failure)
    assert "221770000001" not in str(result.raw) and "cos-1" not in str(result.raw)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_reference": str(REFUND)},
        {"client_reference": None},
        {"id": "cos-2"},
        {"payment_status": None},
        {"payment_status": "succeeded"},
        {"payment_status": "succeeded", "transaction_id": "T_1", "amount": None},
        {"payment_status": "succeeded", "transaction_id": "T_1", "amount": "1500.5"},
        {"payment_status": "succeeded", "transaction_id": "T_1", "currency": ""},
    ],
)
def test_a_session_of_another_order_or_without_its_money_is_a_persons(changes):
    wave, _ = connector(ok(session(**changes)))

    with pytest.raises(ProviderMisbehaved):
        wave.query(asked(connector_state={"session": "cos-1"}))


def test_a_link_that_nobody_was_given_is_given_out_by_the_question():
    wave, _ = connector(ok({"result": [session()]}))

    result = wave.query(asked())

    assert result.outcome is Outcome.REQUIRES_ACTION
    assert result.next_action.url == session()["wave_launch_url"]
    assert result.connector_state == {"session": "cos-1"}


# Refunds


def item(**changes):
    return {
        "timestamp": "2026-03-10T12:00:01Z",
        "transaction_id": "T_2",
        "transaction_type": "api_checkout_refund",
        "amount": "-1500",
        "fee": "0",
        "currency": "XOF",
        "checkout_api_session_id": "cos-1",
        "client_reference": str(REFERENCE),
        **changes,
    }


def test_a_refund_is_found_among_the_movements():
    wave, script = connector(
        ok({"result": [PAID]}), HttpAnswer(200, {}, b""), ok(PAID), page(more=True), page(item())
    )

    taken = wave.refund(GIVE_BACK)
    result = wave.query(
        asked(
            Operation.REFUND,
            reference=REFUND,
            collected_reference=REFERENCE,
            connector_state=taken.connector_state,
        )
    )

    assert taken.outcome is Outcome.PENDING
    assert script.calls[1][:2] == ("POST", "/v1/checkout/sessions/cos-1/refund")
    assert (result.outcome, result.amount) == (Outcome.SUCCEEDED, 1500)
    assert result.provider_reference == "T_2"


@pytest.mark.parametrize("amount", [1499, 1501, 1])
def test_a_part_of_a_payment_is_not_given_back_as_the_whole(amount):
    wave, script = connector(ok({"result": [PAID]}))

    with pytest.raises(NotSent):
        wave.refund(replace(GIVE_BACK, amount=amount))

    assert len(script.calls) == 1


@pytest.mark.parametrize(
    "search",
    [ok({"result": []}), ok({"result": [session()]}), error(500), OutcomeUnknown("timeout")],
    ids=["none", "not paid", "500", "timeout"],
)
def test_what_was_not_paid_or_is_not_found_is_not_given_back(search):
    wave, script = connector(search)

    with pytest.raises(NotSent):
        wave.refund(GIVE_BACK)

    assert len(script.calls) == 1


def refund_question(state):
    return asked(
        Operation.REFUND,
        reference=REFUND,
        collected_reference=REFERENCE,
        connector_state=state,
    )


def test_a_refusal_is_believed_only_where_no_movement_shows_the_refund():
    refused, _ = connector(ok({"result": [PAID]}), error(422, "checkout-refund-failed"))
    state = refused.refund(GIVE_BACK).connector_state

    not_made, _ = connector(ok(PAID), page())
    said = not_made.query(refund_question(state))
    made, _ = connector(ok(PAID), page(item()))

    assert (said.outcome, said.may_yet_succeed) == (Outcome.FAILED, True)
    assert made.query(refund_question(state)).outcome is Outcome.SUCCEEDED


def test_a_refund_whose_answer_was_lost_is_unknown_until_the_movements_show_it():
    absent, _ = connector(ok({"result": [PAID]}), page())
    with pytest.raises(ReferenceUnknown):
        absent.query(refund_question({}))

    there, _ = connector(ok({"result": [PAID]}), page(item()))
    assert there.query(refund_question({})).outcome is Outcome.SUCCEEDED


def test_what_undoes_a_refund_is_no_refund():
    wave, _ = connector(ok(PAID), page(item(amount="1500", is_reversal=True)))

    assert wave.query(refund_question({"refunded": "cos-1"})).outcome is Outcome.PENDING


def test_a_yes_with_a_body_is_no_yes():
    wave, _ = connector(ok({"result": [PAID]}), HttpAnswer(200, {}, b"<html>"))

    with pytest.raises(OutcomeUnknown):
        wave.refund(GIVE_BACK)


def test_a_refund_of_the_day_before_is_looked_for_on_that_day_too():
    wave, script = connector(ok(PAID), page(day="2026-03-09"), page(item()))
    question = replace(
        refund_question({"refunded": "cos-1"}), ordered_at=datetime(2026, 3, 9, 23, tzinfo=UTC)
    )

    assert wave.query(question).outcome is Outcome.SUCCEEDED
    assert [call[1].partition("date=")[2] for call in script.calls[1:]] == [
        "2026-03-09",
        "2026-03-10",
    ]


def test_a_refund_is_found_on_the_day_before_where_our_clock_is_ahead():
    wave, _ = connector(ok(PAID), page(item(), day="2026-03-09"), page())
    question = replace(
        refund_question({"refused": "cos-1"}),
        ordered_at=datetime(2026, 3, 10, 0, 0, 1, tzinfo=UTC),
    )

    assert wave.query(question).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("what", ["refunded", "refused"])
def test_a_refund_among_more_movements_than_a_question_reads_is_found_by_the_next(
    what, monkeypatch
):
    monkeypatch.setattr("apps.providers.connectors.wave.connector.REFUND_PAGES_MAX", 2)
    first, _ = connector(ok(PAID), page(more=True), page(more=True, end="d"))
    said = first.query(refund_question({what: "cos-1"}))
    second, script = connector(ok(PAID), page(more=True, end="d"), page(item()))

    found = second.query(refund_question(said.connector_state))

    assert said.outcome is Outcome.PENDING
    assert found.outcome is Outcome.SUCCEEDED
    # The last page looked at may have grown.
    assert script.calls[1][1].endswith("?date=2026-03-10&after=c")


def test_after_the_last_of_many_pages_a_refusal_is_believed_and_a_refund_looked_for_again(
    monkeypatch,
):
    monkeypatch.setattr("apps.providers.connectors.wave.connector.REFUND_PAGES_MAX", 2)
    for what, outcome in (("refused", Outcome.FAILED), ("refunded", Outcome.PENDING)):
        wave, _ = connector(ok(PAID), page(more=True), page(more=True, end="d"), ok(PAID), page())
        said = wave.query(refund_question({what: "cos-1"}))

        at_the_end = wave.query(refund_question(said.connector_state))

        assert at_the_end.outcome is outcome
        assert json.loads(at_the_end.connector_state.get("looked", "null")) is None


def test_many_movements_prove_nothing_of_a_refund_whose_answer_was_lost(monkeypatch):
    monkeypatch.setattr("apps.providers.connectors.wave.connector.REFUND_PAGES_MAX", 2)
    wave, _ = connector(ok({"result": [PAID]}), page(more=True), page(more=True, end="d"))

    with pytest.raises(OutcomeUnknown):
        wave.query(refund_question({}))


# Payouts


def test_a_payout_and_its_repeat_are_the_same_to_the_byte():
    answer = ok({"id": "pt-1", "status": "processing", "client_reference": str(REFERENCE)})
    wave, script = connector(answer, answer)

    first, second = wave.disburse(PAYOUT), wave.disburse(PAYOUT)

    assert script.calls[0] == script.calls[1]
    assert script.calls[0][2]["Idempotency-Key"] == str(REFERENCE)
    assert len(json.loads(script.calls[0][3])["payment_reason"]) <= 40
    assert first.outcome is second.outcome is Outcome.PENDING


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("recipient-limit-exceeded", FailureCode.PAYEE_LIMIT_REACHED),
        ("recipient-minor", FailureCode.PAYEE_CANNOT_RECEIVE),
        ("recipient-account-blocked", FailureCode.PAYEE_CANNOT_RECEIVE),
        ("insufficient-funds", FailureCode.PROVIDER_DECLINED),
    ],
)
def test_waves_no_to_a_payout_is_a_result(code, failure):
    wave, _ = connector(error(422, code))

    result = wave.disburse(PAYOUT)

    assert (result.outcome, result.failure_code) == (Outcome.FAILED, failure)


def test_a_key_that_was_used_for_something_else_is_a_persons():
    wave, _ = connector(error(409, "idempotency-mismatch"))

    with pytest.raises(ProviderMisbehaved):
        wave.disburse(PAYOUT)


def payout(**changes):
    return {
        "id": "pt-1",
        "receive_amount": "1500",
        "currency": "XOF",
        "mobile": "+221770000001",
        "status": "succeeded",
        "client_reference": str(REFERENCE),
        **changes,
    }


def test_a_payout_is_found_by_our_reference_where_its_answer_was_lost():
    wave, script = connector(ok({"result": [payout()]}))

    result = wave.query(asked(Operation.DISBURSE))

    assert script.calls[0][1] == f"/v1/payouts/search?client_reference={REFERENCE}"
    assert (result.outcome, result.amount) == (Outcome.SUCCEEDED, 1500)
    assert result.counterparty == "221770000001"


@pytest.mark.parametrize(
    "found", [[payout(), payout(id="pt-2")], [payout(status="reversed")], [payout(status=1)]]
)
def test_two_payouts_of_one_reference_or_one_taken_back_are_a_persons(found):
    wave, _ = connector(ok({"result": found}))

    with pytest.raises(ProviderMisbehaved):
        wave.query(asked(Operation.DISBURSE))


def test_a_search_that_finds_another_order_is_not_believed():
    wave, _ = connector(ok({"result": [payout(client_reference=str(REFUND))]}))

    with pytest.raises(ProviderMisbehaved):
        wave.query(asked(Operation.DISBURSE))


# The wallet, its webhooks and settings


def test_the_balance_is_one_wallet_that_pays_out():
    wave, _ = connector(ok({"amount": "120000", "currency": "XOF"}))

    (wallet,) = wave.read_balances("XOF")

    assert (wallet.available, wallet.pays_out) == (120_000, True)


@pytest.mark.parametrize("body", [{"amount": "1.5", "currency": "XOF"}, {"currency": "XOF"}, []])
def test_a_balance_without_an_amount_is_not_nought(body):
    wave, _ = connector(ok(body))

    with pytest.raises(ProviderMisbehaved):
        wave.read_balances("XOF")


def test_a_page_of_another_day_or_without_its_place_is_not_taken():
    day = date(2026, 3, 10)
    for bad in (page(day="2026-03-09"), ok({"date": "2026-03-10", "items": []}), ok([])):
        wave, _ = connector(bad)
        with pytest.raises(ProviderMisbehaved):
            wave.list_movements(day)
    wave, _ = connector(page(more=True))
    with pytest.raises(ProviderMisbehaved):
        # It leads nowhere but to itself.
        wave.list_movements(day, "c")


def test_subaccounts_are_not_asked_for():
    wave, script = connector(page())

    wave.list_movements(date(2026, 3, 10), "a b")

    assert script.calls[0][1] == "/v1/transactions?date=2026-03-10&after=a+b"


def test_an_event_names_our_reference_and_says_nothing_of_money():
    body = json.dumps({"id": "EV_1", "type": "x", "data": session()}).encode()
    wave, script = connector(webhook_auth="bearer")
    guessed = hashlib.sha256(b"Bearer guessed").hexdigest()
    with pytest.raises(CallbackRejected):
        wave.parse_callback(CallbackRequest("POST", {"authorization": guessed}, body))

    kept = hashlib.sha256(b"Bearer secret").hexdigest()
    named = wave.parse_callback(CallbackRequest("POST", {"authorization": kept}, body))

    assert named == [REFERENCE]
    assert script.calls == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("api_key", "sk_live_0000000000000000000000"),
        ("api_key", "wave_short"),
        ("base_url", "api.wave.com"),
        ("webhook_auth", "hmac"),
        ("statement_amounts", "both"),
        ("timeout_s", "soon"),
        ("timeout_s", "1e9"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named_without_its_value(key, value):
    with pytest.raises(ValueError, match=key) as refused:
        WaveConfig.from_mapping({**SETTINGS, key: value})

    assert value not in str(refused.value)
