"""MTN's words in ours, word by word."""

from __future__ import annotations

import json
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.connectors.mtn_momo import mapping
from apps.providers.contract import (
    FailureCode,
    NotSent,
    Outcome,
    OutcomeUnknown,
    ProviderBusy,
    ProviderMisbehaved,
    QueryRequest,
    ReferenceUnknown,
)

from .conftest import order

REFERENCE = UUID("0f7b9a52-5a2e-4c8e-9d7e-5b7f1f7f0a11")
QUESTION = QueryRequest(
    reference=REFERENCE, amount=1500, currency="XAF", counterparty="237677000001"
)


def resource(**changes) -> bytes:
    plain = {
        "amount": "1500",
        "currency": "XAF",
        "financialTransactionId": "363440463",
        "externalId": str(REFERENCE),
        "payer": {"partyIdType": "MSISDN", "partyId": "237677000001"},
        "payerMessage": "Order 2031",
        "payeeNote": "shop",
        "status": "SUCCESSFUL",
    }
    body = {**plain, **changes}
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def error(code: str) -> bytes:
    return json.dumps({"code": code, "message": "words"}).encode()


def read(body: bytes, **options):
    return mapping.query_result(200, body, QUESTION, **options)


def test_a_success_carries_what_mtn_understood():
    result = read(resource())

    assert result.outcome is Outcome.SUCCEEDED
    assert result.provider_reference == "363440463"
    assert (result.amount, result.currency) == (1500, "XAF")
    assert result.counterparty == "237677000001"
    assert result.failure_code is None
    assert result.next_action is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("PENDING", Outcome.PENDING),
        ("CREATED", Outcome.PENDING),
        ("ONGOING", Outcome.PENDING),
        ("SUCCESSFUL", Outcome.SUCCEEDED),
        ("FAILED", Outcome.FAILED),
        ("REJECTED", Outcome.PENDING),
        ("TIMEOUT", Outcome.PENDING),
        ("successful", Outcome.PENDING),
        ("", Outcome.PENDING),
    ],
)
def test_a_status_we_do_not_know_is_pending(status, outcome):
    assert read(resource(status=status)).outcome is outcome


@given(st.text())
def test_no_word_but_failed_ever_means_failed(word):
    outcome = read(resource(status=word)).outcome
    assert (outcome is Outcome.FAILED) == (word == "FAILED")
    assert (outcome is Outcome.SUCCEEDED) == (word == "SUCCESSFUL")


def test_a_pending_payer_is_asked_to_approve_on_the_phone():
    assert read(resource(status="PENDING")).next_action.kind == "approve_on_phone"


@pytest.mark.parametrize(("reason", "code"), mapping.FAILURE_CODES.items())
@pytest.mark.parametrize("as_object", [False, True])
def test_a_reason_is_read_as_word_and_as_object(reason, code, as_object):
    said = {"code": reason, "message": "words"} if as_object else reason
    result = read(resource(status="FAILED", reason=said, financialTransactionId=None))

    assert (result.outcome, result.failure_code) == (Outcome.FAILED, code)
    assert result.provider_reference == ""


@pytest.mark.parametrize("reason", [None, "", "BRAND_NEW", 7, [], {}, {"code": None}])
def test_a_reason_we_do_not_know_is_a_plain_no(reason):
    result = read(resource(status="FAILED", reason=reason))
    assert result.failure_code is FailureCode.PROVIDER_DECLINED


@pytest.mark.parametrize("reason", sorted(mapping.STILL_OPEN_REASONS))
def test_a_failure_that_says_it_is_not_over_is_pending(reason):
    assert read(resource(status="FAILED", reason=reason)).outcome is Outcome.PENDING


def test_delays_are_not_failures():
    assert {"PAYER_DELAYED", "PAYEE_DELAYED", "ONGOING"} <= mapping.STILL_OPEN_REASONS


@pytest.mark.parametrize(
    "changes",
    [
        {"externalId": str(REFERENCE).upper()},
        {"externalId": REFERENCE.hex},
        {"currency": "xaf"},
        {"amount": 1500.0},
        {"payer": {"partyIdType": "msisdn", "partyId": "+237 677 00 00 01"}},
        {"payer": {"partyIdType": "MSISDN", "partyId": 237677000001}},
        {"payer": {"partyId": "677000001"}},
    ],
)
def test_what_mtn_echoes_is_compared_as_values(changes):
    result = read(resource(**changes))

    assert result.outcome is Outcome.SUCCEEDED
    assert (result.amount, result.currency) == (1500, "XAF")
    assert result.counterparty == "237677000001"


@pytest.mark.parametrize(
    "payer",
    [
        None,
        "237677000002",
        {"partyIdType": "PARTY_CODE", "partyId": "12345678"},
        {"partyIdType": "MSISDN", "partyId": "2376****02"},
        {"partyIdType": "MSISDN", "partyId": None},
    ],
)
def test_a_payer_who_cannot_be_told_is_no_other_payer(payer):
    assert read(resource(payer=payer)).counterparty == ""


def test_another_number_is_another_payer():
    payer = {"partyIdType": "MSISDN", "partyId": "237677000002"}
    assert read(resource(payer=payer)).counterparty == "237677000002"


@pytest.mark.parametrize(
    ("amount", "expected"), [("1500", 1500), ("1500.0", 1500), ("1500.00", 1500), (1500, 1500)]
)
def test_an_amount_is_whole_francs_however_it_is_written(amount, expected):
    assert read(resource(amount=amount)).amount == expected


@pytest.mark.parametrize("amount", ["1500.50", "1,500", "-1500", "abc", "1e3", True, [], {}, 0.5])
def test_an_amount_that_is_no_whole_number_is_misbehaviour(amount):
    with pytest.raises(ProviderMisbehaved):
        read(resource(amount=amount))


@pytest.mark.parametrize("missing", ["amount", "currency"])
def test_a_success_without_amount_or_currency_is_not_believed(missing):
    with pytest.raises(ProviderMisbehaved):
        read(resource(**{missing: None}))


def test_an_answer_about_another_external_id_is_misbehaviour():
    with pytest.raises(ProviderMisbehaved):
        read(resource(externalId="somebody-elses"))


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"null", b"[]", b'{"amount":"1"}', b'{"status":null}', b"\xff"]
)
def test_junk_is_misbehaviour(body):
    with pytest.raises(ProviderMisbehaved):
        read(body)


@given(st.binary(max_size=200))
def test_no_answer_breaks_the_mapping(body):
    try:
        result = read(body)
    except ProviderMisbehaved:
        return
    # What says no more than an unheard-of status.
    assert isinstance(json.loads(body)["status"], str)
    assert result.outcome is Outcome.PENDING


def test_the_sandboxes_euro_is_read_back_as_our_franc():
    result = read(resource(currency="EUR"), wire_currency="EUR")
    assert (result.amount, result.currency) == (1500, "XAF")
    assert read(resource(currency="USD"), wire_currency="EUR").currency == "USD"
    assert read(resource(currency="EUR")).currency == "EUR"


def test_stored_answers_show_two_digits_of_a_number():
    raw = read(resource()).raw
    assert raw["payer"]["partyId"] == "**********01"
    assert "237677000001" not in json.dumps(dict(raw))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, error("RESOURCE_NOT_FOUND"), ReferenceUnknown),
        (404, b'{"statusCode":404,"message":"Resource not found"}', OutcomeUnknown),
        (404, error("TRANSACTION_NOT_FOUND"), OutcomeUnknown),
        (401, b'{"error":"invalid_token"}', OutcomeUnknown),
        (403, b"", OutcomeUnknown),
        (429, b"", OutcomeUnknown),
        (500, error("INTERNAL_PROCESSING_ERROR"), OutcomeUnknown),
        (500, error("NOT_ALLOWED_TARGET_ENVIRONMENT"), OutcomeUnknown),
        (503, error("SERVICE_UNAVAILABLE"), OutcomeUnknown),
        (400, b"", ProviderMisbehaved),
        (204, b"", ProviderMisbehaved),
        (302, b"", ProviderMisbehaved),
    ],
)
def test_a_query_that_brings_no_news_says_what_to_do(status, body, expected):
    with pytest.raises(expected):
        mapping.query_result(status, body, QUESTION)


@pytest.mark.parametrize("status", [202, 409])
def test_accepted_and_already_known_are_pending(status):
    result = mapping.creation_result(status, b"")
    assert (result.outcome, result.next_action) == (Outcome.PENDING, None)
    assert mapping.pending_approval(result).next_action.kind == "approve_on_phone"


@pytest.mark.parametrize(
    ("status", "body", "failure_code"),
    [
        (400, b"", FailureCode.CONFIGURATION),
        (401, b'{"statusCode":401,"message":"words"}', FailureCode.CONFIGURATION),
        (403, b"<html>", FailureCode.CONFIGURATION),
        *[
            (500, error(code), FailureCode.CONFIGURATION)
            for code in sorted(mapping.CONFIGURATION_REFUSALS)
        ],
    ],
)
def test_a_refusal_before_the_payer_is_asked_was_not_sent(status, body, failure_code):
    with pytest.raises(NotSent) as caught:
        mapping.creation_result(status, body)
    assert caught.value.failure_code is failure_code


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b'{"statusCode":429,"message":"words"}'),
        (429, b""),
        (503, error("SERVICE_UNAVAILABLE")),
        (503, b"<html>"),
        (503, b""),
        (500, error("SERVICE_UNAVAILABLE")),
    ],
)
def test_busy_is_no_proof_that_the_order_was_not_taken(status, body):
    with pytest.raises(ProviderBusy):
        mapping.creation_result(status, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Bad Gateway</html>"),
        (200, b'{"status":"SUCCESSFUL"}'),
        (201, b""),
        (302, b""),
        (404, b""),
        (500, error("INTERNAL_PROCESSING_ERROR")),
        (500, error("PAYER_NOT_FOUND")),
        (500, b""),
        (502, b"<html>"),
        (504, b""),
    ],
)
def test_anything_else_may_have_been_accepted(status, body):
    with pytest.raises(OutcomeUnknown):
        mapping.creation_result(status, body)


def test_the_order_says_what_we_ask():
    asked = order("237677000001")

    assert json.loads(mapping.collect_body(asked)) == {
        "amount": "1500",
        "currency": "XAF",
        "externalId": str(asked.reference),
        "payer": {"partyIdType": "MSISDN", "partyId": "237677000001"},
        "payerMessage": "Commande n 2031 l ete",
        "payeeNote": "Cafe Cie",
    }
    assert json.loads(mapping.collect_body(asked, wire_currency="EUR"))["currency"] == "EUR"


@pytest.mark.parametrize(
    ("description", "merchant", "message", "note"),
    [
        ("", "Café & Cie", "Cafe Cie", "Cafe Cie"),
        ("طلب", "Café & Cie", "Cafe Cie", "Cafe Cie"),
        ("- & -", "Café", "Cafe", "Cafe"),
        ("Cœur de bœuf", "Straße Æro", "Coeur de boeuf", "Strasse AEro"),
        ("Bon-cadeau", "مخبز", "Bon-cadeau", "Bon-cadeau"),
    ],
)
def test_the_payer_always_reads_something(description, merchant, message, note):
    asked = order("237677000001", description=description, merchant_name=merchant)

    body = json.loads(mapping.collect_body(asked))

    assert (body["payerMessage"], body["payeeNote"]) == (message, note)


@given(st.text(max_size=400), st.text(max_size=400))
def test_notes_hold_only_what_mtn_accepts_and_are_never_empty(description, merchant):
    asked = order("237677000001", description=description, merchant_name=merchant)
    body = json.loads(mapping.collect_body(asked))

    for text in (body["payerMessage"], body["payeeNote"]):
        assert re.fullmatch("[A-Za-z0-9 -]{1,160}", text)
        assert re.search("[A-Za-z0-9]", text)
