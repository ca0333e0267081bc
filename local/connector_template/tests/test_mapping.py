"""New Rail's words become ours, and what is not understood costs nobody money."""

import hashlib
import hmac
import json
import uuid

import pytest

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

from .. import mapping

QUESTION = QueryRequest(
    reference=uuid.uuid4(), amount=1_500, currency="XAF", counterparty="237677000001"
)


def answer(**changes):
    body = {
        "id": "42",
        "reference": str(QUESTION.reference),
        "status": "PAID",
        "amount": 1_500,
        "currency": "XAF",
        "phone": "237677000001",
    }
    return json.dumps({**body, **changes}).encode()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [*mapping.OUTCOMES.items(), ("SOMETHING_NEW", Outcome.PENDING)],
)
def test_a_status_becomes_our_outcome(status, outcome):
    result = mapping.query_result(200, answer(status=status), QUESTION)

    assert result.outcome is outcome
    assert result.provider_reference == "42"
    assert "237677000001" not in str(result.raw)


@pytest.mark.parametrize(
    ("reason", "code"),
    [*mapping.FAILURE_CODES.items(), ("SOMETHING_NEW", FailureCode.PROVIDER_DECLINED)],
)
def test_a_refusal_has_its_reason(reason, code):
    result = mapping.query_result(200, answer(status="REFUSED", reason=reason), QUESTION)

    assert result.failure_code is code


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 1},
        {"amount": None},
        {"amount": "1500.50"},
        {"currency": ""},
        {"reference": str(uuid.uuid4())},
    ],
)
def test_an_answer_outside_the_protocol_is_for_a_person(changes):
    with pytest.raises(ProviderMisbehaved):
        mapping.query_result(200, answer(**changes), QUESTION)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NotSent),
        (422, NotSent),
        (429, ProviderBusy),
        (503, ProviderBusy),
        (500, OutcomeUnknown),
    ],
)
def test_only_a_refusal_proves_that_nothing_was_taken(status, error):
    with pytest.raises(error):
        mapping.collect_result(status, b"")


@pytest.mark.parametrize(("status", "error"), [(404, ReferenceUnknown), (500, OutcomeUnknown)])
def test_a_question_without_news_changes_nothing(status, error):
    with pytest.raises(error):
        mapping.query_result(status, b"", QUESTION)


def test_a_repeated_order_is_asked_about():
    assert mapping.collect_result(409, b"").outcome is Outcome.PENDING


def test_a_callback_is_signed_with_the_secret_of_the_account():
    signature = hmac.new(b"secret", b"{}", hashlib.sha256).hexdigest()

    assert mapping.is_signed(b"{}", signature, secret="secret")
    assert not mapping.is_signed(b"{}", signature, secret="another")
    assert not mapping.is_signed(b"{}", "é", secret="secret")
