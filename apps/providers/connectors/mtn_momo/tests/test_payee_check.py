"""What MTN says of a payee before he is paid: its own word, or nothing at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.providers.contract import (
    ChecksPayee,
    FailureCode,
    HttpAnswer,
    NotSent,
    OutcomeUnknown,
    PayeeCheck,
    PayeeRequest,
    PayeeStatus,
)
from apps.providers.simulation.faults import FaultKind

from ..mapping import named_payee, payee_check
from .conftest import arm, connector_for
from .test_money_out import DISBURSEMENT
from .transport import SocketTransport

FOUND = PayeeStatus.CAN_RECEIVE
PAYEE = "237677000003"
UNREGISTERED = "237677900150"
INACTIVE = "237677900151"
TRUTH = {
    PAYEE: PayeeStatus.CAN_RECEIVE,
    UNREGISTERED: PayeeStatus.NOT_FOUND,
    INACTIVE: PayeeStatus.CANNOT_RECEIVE,
}
# Faults that make no answer, or none that can be read.
SILENCING = {
    FaultKind.DROP_BEFORE_ACCEPTING,
    FaultKind.ACCEPT_THEN_DROP,
    FaultKind.ERROR_500,
    FaultKind.ERROR_500_THOUGH_ACCEPTED,
    FaultKind.BUSY_THOUGH_ACCEPTED,
    FaultKind.DOWN,
    FaultKind.SLOW,
    FaultKind.HANG,
    FaultKind.SLOW_BYTES,
    FaultKind.CUT_BODY,
    FaultKind.JUNK_BODY,
    FaultKind.TRUNCATED_JSON,
    FaultKind.HUGE_BODY,
}
SLOW = {FaultKind.SLOW: 2.0, FaultKind.HANG: 2.0, FaultKind.SLOW_BYTES: 1.0}
PATIENCE_S = 0.5


@pytest.fixture(scope="module")
def account(simulators):
    return connector_for(simulators, **DISBURSEMENT)


def about(number):
    return PayeeRequest(payee_msisdn=number, country="CM", currency="XAF")


def status_of(connector, number):
    """As the platform hears it: an error is no news of the payee."""
    try:
        return connector.check_payee(about(number)).status
    except (NotSent, OutcomeUnknown):
        return PayeeStatus.UNKNOWN


@pytest.mark.parametrize(
    ("number", "failure_code"),
    [
        (PAYEE, None),
        (UNREGISTERED, FailureCode.PAYEE_NOT_FOUND),
        (INACTIVE, FailureCode.PAYEE_CANNOT_RECEIVE),
    ],
)
def test_mtn_says_who_can_be_paid_and_why_not(account, number, failure_code):
    assert isinstance(account, ChecksPayee)

    check = account.check_payee(about(number))

    assert (check.status, check.failure_code, check.detail) == (TRUTH[number], failure_code, "")


# Who is asked about makes nothing slower.
@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (kind, number)
        for kind in FaultKind
        for number in TRUTH
        if kind and (kind not in SLOW or number == PAYEE)
    ],
)
def test_whatever_goes_wrong_the_answer_is_mtns_or_unknown(simulators, account, kind, number):
    connector = account
    if kind in SLOW:
        connector = connector_for(simulators, timeout_s_max=PATIENCE_S, **DISBURSEMENT)
        while status_of(connector, number) is PayeeStatus.UNKNOWN:
            # Its token is there, whatever else this machine does.
            pass
    value = SLOW.get(kind)
    arm(simulators, kind.value, msisdn=number, on="payee", value=value)

    heard = status_of(connector, number)

    simulators.control("DELETE", "/faults?provider=mtn_momo")
    assert heard is (PayeeStatus.UNKNOWN if kind in SILENCING else TRUTH[number])
    assert status_of(account, number) is TRUTH[number]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("237677900071", "Awa NDIAYE"),
        ("237677900072", "Jean Baptiste MBARGA"),
        ("237677900073", ""),
        # Of MTN's sandbox, where everybody has the same.
        (PAYEE, ""),
        (UNREGISTERED, ""),
    ],
)
def test_mtn_names_whose_wallet_it_is_where_that_is_asked(account, number, name):
    asked = replace(about(number), wants_name=True)

    assert account.check_payee(asked).name == name
    assert account.check_payee(about(number)).name == ""


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b'{"given_name":" Awa ","family_name":"Ndiaye"}', (FOUND, "Awa Ndiaye")),
        (200, b'{"given_name":["Awa"],"family_name":"Ndiaye"}', (FOUND, "Ndiaye")),
        (200, b"{}", (FOUND, "")),
        (404, b'{"code":"RESOURCE_NOT_FOUND"}', (FOUND, "")),
        (404, b"", (PayeeStatus.UNKNOWN, "")),
        (200, b"[]", (PayeeStatus.UNKNOWN, "")),
        (500, b'{"given_name":"Awa"}', (PayeeStatus.UNKNOWN, "")),
        (403, b"{}", (PayeeStatus.UNKNOWN, "")),
    ],
)
def test_a_name_is_mtns_own_word_or_none(status, body, said):
    check = named_payee(PayeeCheck(FOUND), status, body)

    assert (check.status, check.name) == said


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"[]"),
        (200, b'{"result":"true"}'),
        (200, b'{"result":1}'),
        (200, b'{"active":true}'),
        (404, b""),
        (404, b'{"statusCode":404,"message":"Resource not found"}'),
        (400, b""),
        (403, b"{}"),
        (429, b"{}"),
        (500, b'{"code":"NOT_ALLOWED"}'),
        (503, b'{"code":"SERVICE_UNAVAILABLE"}'),
        (302, b'{"result":true}'),
    ],
)
def test_what_is_not_mtns_own_word_says_nothing_of_the_payee(status, body):
    check = payee_check(status, body)

    assert check.status is PayeeStatus.UNKNOWN
    assert check.failure_code is None
    assert str(status) in check.detail


def test_without_a_subscription_or_a_connection_nobody_is_called_missing(connector):
    nowhere = connector_for(_Nowhere, **DISBURSEMENT)

    assert status_of(connector, PAYEE) is PayeeStatus.UNKNOWN
    assert status_of(nowhere, PAYEE) is PayeeStatus.UNKNOWN


def test_a_number_cannot_lead_to_another_question(account, monkeypatch):
    asked = []
    monkeypatch.setattr(
        SocketTransport,
        "request",
        lambda self, method, url, **_: asked.append(url) or HttpAnswer(404, {}, b""),
    )
    monkeypatch.setattr(account._tokens["disbursement"], "get", lambda **_: "token")

    account.check_payee(about("../../v1_0/account?x=1#"))

    assert [url.rsplit("/v1_0/", 1)[1] for url in asked] == [
        "accountholder/msisdn/..%2F..%2Fv1_0%2Faccount%3Fx%3D1%23/active"
    ]


class _Nowhere:
    url = "http://127.0.0.1:1"
