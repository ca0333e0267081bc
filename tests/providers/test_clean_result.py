"""Whatever a connector answers can be stored, and money and status are never lost to evidence."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from apps.providers.clean_result import BIGINT_MAX, clean_result
from apps.providers.contract import (
    FailureCode,
    NextAction,
    Outcome,
    ProviderMisbehaved,
    ProviderResult,
)

SUCCESS = ProviderResult(
    Outcome.SUCCEEDED,
    provider_reference="363440463",
    amount=1500,
    currency="XAF",
    counterparty="237677000001",
    connector_state={"pay_token": "v1abc"},
    raw={"status": "SUCCESSFUL", "payer": {"partyId": "****01"}, "tries": [1, 2.5, None, True]},
)


def with_surrogates(**options):
    return st.text(st.characters(codec=None, exclude_categories=()), **options)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.builds(pow, st.just(10), st.just(5000))
    | st.floats()
    | with_surrogates()
    | st.binary(max_size=20)
    | st.decimals()
    | st.datetimes()
    | st.builds(object)
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner) | st.dictionaries(with_surrogates() | st.integers() | st.none(), inner)
    ),
    max_leaves=30,
)
results = st.builds(
    ProviderResult,
    st.sampled_from(Outcome),
    provider_reference=with_surrogates(max_size=200) | scalars,
    failure_code=st.none() | st.sampled_from(FailureCode) | with_surrogates(),
    next_action=st.none()
    | st.builds(NextAction, with_surrogates() | st.just("redirect"), with_surrogates())
    | anything,
    amount=st.none() | st.integers(),
    currency=with_surrogates(max_size=10) | scalars,
    counterparty=with_surrogates(max_size=200) | scalars,
    connector_state=st.dictionaries(with_surrogates(), with_surrogates()) | anything,
    raw=st.dictionaries(with_surrogates() | st.integers(), anything) | anything,
    cut=with_surrogates() | scalars,
)


def assert_storable(text, length_max):
    assert type(text) is str
    assert len(text) <= length_max
    assert "\x00" not in text
    text.encode()


@given(results)
def test_whatever_a_connector_returns_can_be_stored_and_keeps_outcome_and_amount(result):
    clean = clean_result(result)

    assert clean.outcome is result.outcome
    if result.amount is None:
        assert clean.amount is None
    else:
        assert clean.amount == max(-BIGINT_MAX, min(result.amount, BIGINT_MAX))
    assert_storable(clean.provider_reference, 64)
    assert_storable(clean.currency, 3)
    assert_storable(clean.counterparty, 64)
    assert_storable(clean.cut, 200)
    assert clean.failure_code in (None, *FailureCode)
    if clean.next_action is not None:
        assert clean.next_action.kind in ("approve_on_phone", "redirect")
        assert len(clean.next_action.url) <= 500
    for kept in (clean.raw, clean.connector_state):
        stored = json.dumps(kept, allow_nan=False, ensure_ascii=False)
        assert "\\u0000" not in stored
        assert len(stored.encode()) < 300_000
        assert json.loads(stored) == kept
    # Clean stays clean.
    assert replace(clean_result(clean), cut=clean.cut) == clean


@pytest.mark.django_db
@given(raw=st.dictionaries(with_surrogates(), anything))
@settings(max_examples=25)
def test_the_database_takes_what_was_cleaned(raw):
    clean = clean_result(replace(SUCCESS, raw=raw))

    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb, %s", [Jsonb(dict(clean.raw)), clean.cut])


def test_an_answer_that_can_be_stored_is_left_as_it_is():
    assert clean_result(SUCCESS) == SUCCESS
    redirect = ProviderResult(
        Outcome.REQUIRES_ACTION, next_action=NextAction("redirect", "https://pay.example/v1abc")
    )
    assert clean_result(redirect) == redirect


class Word(StrEnum):
    FAILED = "failed"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"provider_reference": "x" * 65}, {"provider_reference": "x" * 64}),
        ({"provider_reference": "a\x00b"}, {"provider_reference": "a\ufffdb"}),
        ({"provider_reference": "a\ud800b"}, {"provider_reference": "a\ufffdb"}),
        ({"provider_reference": 7}, {"provider_reference": "7"}),
        ({"failure_code": "brand_new"}, {"failure_code": None}),
        ({"next_action": NextAction("redirect", "javascript:alert(1)")}, {"next_action": None}),
        ({"next_action": NextAction("redirect", "https://x/" + "y" * 500)}, {"next_action": None}),
        ({"next_action": NextAction("dance")}, {"next_action": None}),
        ({"amount": 10**30}, {"amount": BIGINT_MAX}),
        ({"currency": "FCFA"}, {"currency": ""}),
        ({"counterparty": "9" * 200}, {"counterparty": "9" * 64}),
        (
            {"connector_state": {"pay_token": "v" * 5_000, "notif_token": "n"}},
            {"connector_state": {"notif_token": "n"}},
        ),
        ({"connector_state": None}, {"connector_state": {}}),
        ({"raw": {"a": float("nan"), "b": float("inf")}}, {"raw": {"a": "nan", "b": "inf"}}),
        ({"raw": {"a": 10**5000}}, {"raw": {"a": "(int left out)"}}),
        ({"raw": {1: "one", None: "none"}}, {"raw": {"1": "one", "None": "none"}}),
        ({"raw": {"a\x00": "b\ud800"}}, {"raw": {"a\ufffd": "b\ufffd"}}),
        (
            {"raw": {"at": datetime(2026, 1, 1, tzinfo=UTC)}},
            {"raw": {"at": "2026-01-01 00:00:00+00:00"}},
        ),
        ({"raw": ["no", "object"]}, {"raw": {}}),
    ],
)
def test_what_cannot_be_kept_is_cut_and_a_person_is_told(changes, expected):
    clean = clean_result(replace(SUCCESS, **changes))

    assert {name: getattr(clean, name) for name in expected} == expected
    assert (clean.outcome, clean.cut != "") == (
        Outcome.SUCCEEDED,
        changes != {"connector_state": None},
    )


def test_an_unknown_reason_of_a_failure_is_a_plain_no():
    clean = clean_result(ProviderResult(Outcome.FAILED, failure_code="brand_new"))

    assert clean.failure_code is FailureCode.PROVIDER_DECLINED


def test_an_outcome_nobody_knows_is_pending():
    assert clean_result(ProviderResult("refunded")).outcome is Outcome.PENDING
    assert clean_result(ProviderResult(Word.FAILED)).outcome is Outcome.FAILED


@pytest.mark.parametrize("amount", ["1500.00", 1500.0, Decimal("1500")])
def test_an_amount_in_another_dress_is_the_same_amount(amount):
    assert clean_result(replace(SUCCESS, amount=amount)) == SUCCESS


def test_a_currency_in_small_letters_is_the_same_currency():
    assert clean_result(replace(SUCCESS, currency="xaf")) == SUCCESS


@pytest.mark.parametrize("amount", ["1500.50", 1500.5, "1,500", "abc", True, float("nan"), []])
def test_an_amount_that_cannot_be_read_is_never_taken_for_none(amount):
    with pytest.raises(ProviderMisbehaved):
        clean_result(replace(SUCCESS, amount=amount))


def test_a_raw_answer_that_holds_itself_or_has_no_end_is_bounded():
    endless: dict = {}
    endless["again"] = endless
    wide = {"rows": [{"text": "x" * 5_000}] * 10_000}

    for raw in (endless, wide, {str(number): number for number in range(10_000)}):
        clean = clean_result(replace(SUCCESS, raw=raw))

        assert len(json.dumps(clean.raw)) < 50_000
        assert clean.cut == "raw"
