import re
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.connectors.orange_webpay import OrangeWebpayConfig, mapping
from apps.providers.contract import (
    CollectRequest,
    FailureCode,
    NextAction,
    NotSent,
    Outcome,
    ProviderMisbehaved,
    QueryRequest,
)

REFERENCE = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
CREATED = {
    "status": 201,
    "message": "OK",
    "pay_token": "v1secret",
    "payment_url": "https://pages.example/payment/pay_token/v1secret",
    "notif_token": "n7secret",
}


def collect_request(**changes):
    fields = {
        "reference": REFERENCE,
        "amount": 1500,
        "currency": "XAF",
        "country": "CM",
        "payer_msisdn": "237690000001",
        "description": "Order 2031",
        "merchant_name": "Boutique Étoile",
        "callback_url": "https://us.example/callbacks/abc",
        "return_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/cart",
    }
    return CollectRequest(**{**fields, **changes})


def query_request(**changes):
    fields = {
        "reference": REFERENCE,
        "amount": 1500,
        "currency": "XAF",
        "counterparty": "237690000001",
        "connector_state": {"pay_token": "v1secret", "notif_token": "n7secret"},
    }
    return QueryRequest(**{**fields, **changes})


def test_addresses_go_as_orange_takes_them():
    body = mapping.creation(
        collect_request(return_url="https://été.example/merci?nom=Zoé"),
        merchant_key="k",
        currency="XAF",
    )

    assert body["return_url"] == "https://xn--t-9fab.example/merci?nom=Zo%C3%A9"


@pytest.mark.parametrize("name", ["return_url", "cancel_url", "callback_url"])
@pytest.mark.parametrize("url", ["", "shop", "https://shop.example/" + "é" * 200])
def test_an_address_orange_cannot_take_is_refused_before_anything_is_sent(name, url):
    with pytest.raises(NotSent) as refused:
        mapping.creation(collect_request(**{name: url}), merchant_key="k", currency="XAF")

    assert refused.value.failure_code is FailureCode.CONFIGURATION


@pytest.mark.parametrize(
    "echo",
    [
        {"order_id": mapping.order_id(REFERENCE).upper()},
        {"amount": "1500.00", "currency": "xaf"},
        {"amount": 1500.0},
        {"amount": "1,500"},
    ],
)
def test_what_orange_echoes_is_compared_as_values(echo):
    result = mapping.status_result({"status": "SUCCESS", **echo}, query_request())

    assert (result.outcome, result.amount) == (Outcome.SUCCEEDED, 1500)
    assert result.currency in ("", "XAF")


def test_another_amount_is_never_missed():
    answered = {"status": "SUCCESS", "amount": 700}

    assert mapping.status_result(answered, query_request()).amount == 700


def test_a_page_whose_address_is_too_long_to_keep_was_opened_for_nobody():
    url = "https://pages.example/" + "x" * 500

    assert mapping.created_result({**CREATED, "payment_url": url}) is None


@given(st.uuids())
def test_order_id_fits_and_gives_the_reference_back(reference):
    order_id = mapping.order_id(reference)

    assert re.fullmatch("[0-9a-hjkmnp-tv-z]{26}", order_id)
    assert sum(mapping.CROCKFORD.index(c) << 5 * i for i, c in enumerate(order_id[::-1])) == (
        reference.int
    )


def test_creation_names_every_field_of_the_protocol():
    body = mapping.creation(collect_request(), merchant_key="key", currency="XAF")

    assert body == {
        "merchant_key": "key",
        "currency": "XAF",
        "order_id": mapping.order_id(REFERENCE),
        "amount": 1500,
        "return_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/cart",
        "notif_url": "https://us.example/callbacks/abc",
        "lang": "fr",
        "reference": "Boutique Étoile",
    }


def test_merchant_name_is_cut_to_thirty():
    body = mapping.creation(
        collect_request(merchant_name="é" * 50), merchant_key="key", currency="XAF"
    )

    assert body["reference"] == "é" * 30


@pytest.mark.parametrize(
    ("language", "lang"), [("fr", "fr"), ("en", "en"), ("EN-gb", "en"), ("wo", "fr"), ("", "fr")]
)
def test_page_speaks_english_when_asked_and_french_otherwise(language, lang):
    body = mapping.creation(collect_request(language=language), merchant_key="", currency="XAF")

    assert body["lang"] == lang


def test_created_page_becomes_a_redirect_and_its_tokens_stay_out_of_raw():
    result = mapping.created_result(CREATED)

    assert result.outcome is Outcome.REQUIRES_ACTION
    assert result.next_action == NextAction("redirect", CREATED["payment_url"])
    assert result.connector_state == {"pay_token": "v1secret", "notif_token": "n7secret"}
    assert result.raw == {"status": 201, "message": "OK"}


@pytest.mark.parametrize(
    "change",
    [
        {"status": "201"},
        {"status": 200},
        {"status": None},
        {"pay_token": ""},
        {"notif_token": None},
        {"payment_url": "javascript:alert(1)"},
        {"payment_url": "https://[broken"},
        {"payment_url": 7},
    ],
)
def test_answer_without_a_place_to_pay_opens_no_page(change):
    assert mapping.created_result({**CREATED, **change}) is None


@pytest.mark.parametrize(
    ("status", "outcome", "failure_code"),
    [
        ("INITIATED", Outcome.PENDING, None),
        ("PENDING", Outcome.PENDING, None),
        ("SUCCESS", Outcome.SUCCEEDED, None),
        ("FAILED", Outcome.FAILED, FailureCode.PROVIDER_DECLINED),
        ("EXPIRED", Outcome.FAILED, FailureCode.PAYER_TIMED_OUT),
        ("success", Outcome.PENDING, None),
        ("CANCELLED", Outcome.PENDING, None),
    ],
)
def test_status_table(status, outcome, failure_code):
    result = mapping.status_result({"status": status}, query_request())

    assert (result.outcome, result.failure_code) == (outcome, failure_code)


def test_success_reports_the_amount_that_had_to_match():
    body = {"status": "SUCCESS", "order_id": mapping.order_id(REFERENCE), "txnid": "MP1"}

    result = mapping.status_result(body, query_request())

    assert (result.amount, result.provider_reference) == (1500, "MP1")
    assert result.raw == body


def test_amount_is_not_claimed_before_success():
    assert mapping.status_result({"status": "PENDING"}, query_request()).amount is None


@pytest.mark.parametrize(
    "body",
    [None, {}, {"status": None}, {"status": 201}, {"status": "SUCCESS", "order_id": "another"}],
)
def test_answer_outside_the_protocol_is_for_a_person(body):
    with pytest.raises(ProviderMisbehaved):
        mapping.status_result(body, query_request())


def test_token_quoted_in_a_sentence_stays_out_of_raw():
    body = {"status": "PENDING", "message": "v1secret waits", "description": ["v1secret"]}

    assert mapping.status_result(body, query_request()).raw == {
        "status": "PENDING",
        "message": "… waits",
    }


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff", b'"text"', b"[" * 100_000])
def test_what_is_not_a_json_object_is_none(body):
    assert mapping.json_object(body) is None


SETTINGS = {
    "base_url": "https://api.example/",
    "env": "CM",
    "client_id": "the-id",
    "client_secret": "the-secret",
    "merchant_key": "the-key",
}


def test_config_reads_settings_and_its_repr_hides_secrets():
    config = OrangeWebpayConfig.from_mapping(
        {**SETTINGS, "wire_currency": "ouv", "statement_amount": "Montant"}
    )

    assert (config.base_url, config.env) == ("https://api.example", "cm")
    assert (config.wire_currency, config.statement_layout.amount) == ("OUV", "Montant")
    for secret in ("the-id", "the-secret", "the-key"):
        assert secret not in repr(config)


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_config_names_the_missing_key(key):
    with pytest.raises(ValueError, match=f"{key} is missing"):
        OrangeWebpayConfig.from_mapping({**SETTINGS, key: " "})


@pytest.mark.parametrize(
    "bad",
    [
        {"base_url": "ftp://api.example"},
        {"env": "../cm"},
        {"timeout_s": "soon"},
        {"statement_time_zone": "Africa/Nowhere"},
        {"statement_encoding": "base64"},
        {"statement_fixed_currency": "", "statement_currency": ""},
    ],
)
def test_config_names_the_unreadable_key(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        OrangeWebpayConfig.from_mapping({**SETTINGS, **bad})


def test_no_reference_collides_with_another():
    assert len({mapping.order_id(uuid4()) for _ in range(1000)}) == 1000
