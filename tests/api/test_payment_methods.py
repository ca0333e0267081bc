"""What a number can be asked by, before any payment is made."""

import pytest

from apps.core.models import IdempotencyRecord
from apps.payments.models import Payment
from apps.providers.models import NumberPlanRule
from tests.api.conftest import Shop, payment_body, refusal
from tests.fakes import FAKE, START, open_account

pytestmark = pytest.mark.django_db

PREDICT = "/api/v1/payment_methods/predict"


def predict(shop, phone="677000001", **more):
    answer = shop.post({"phone": phone, **more}, path=PREDICT)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize(
    "phone", ["677000001", "+237677000001", "00237 6 77 00 00 01", "(677) 000-001"]
)
def test_any_writing_of_a_number_is_told_in_all_the_usual_ones(shop, phone):
    assert predict(shop, phone) == {
        "object": "payment_method",
        "livemode": False,
        "phone": "+237677000001",
        "national": "6 77 00 00 01",
        "international": "+237 6 77 00 00 01",
        "country": "CM",
        "operator": "mtn",
        "is_test_number": False,
        "rails": [
            {
                "provider": FAKE,
                "operator": "mtn",
                "currency": "XAF",
                "amount_min": 100,
                "amount_max": 1_000_000,
                "authorization": "approve_on_phone",
                "status": "open",
            }
        ],
        "reason": None,
    }


def test_a_number_is_read_in_its_country_and_by_our_number_plan(shop):
    NumberPlanRule.objects.create(
        country="CM", prefix="677", operator="orange", valid_from=START.date()
    )

    abroad = predict(shop, "0700000001", country="CI")
    moved = predict(shop)

    assert (abroad["country"], abroad["operator"]) == ("CI", "orange")
    assert moved["operator"] == "orange"
    assert predict(shop, operator="mtn")["operator"] == "mtn"


@pytest.mark.parametrize("phone", ["46733123450", "00000001"])
def test_a_providers_sandbox_number_is_known_as_such_in_test_mode_alone(shop, phone):
    live = Shop(shop.merchant, livemode=True)

    assert predict(shop, phone)["is_test_number"] is True
    answer = live.post({"phone": phone}, path=PREDICT)
    assert refusal(answer) == (400, "invalid_phone_number", "phone")


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({}, None),
        ({"amount": 99, "currency": "XAF"}, "amount"),
        ({"amount": 1_000_001}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"phone": "699000001"}, "payer.phone"),
        ({"operator": "wave"}, "payer.phone"),
    ],
    ids=lambda value: "&".join(value) or "good" if isinstance(value, dict) else None,
)
def test_the_reason_is_what_creating_the_payment_would_answer(shop, question, field):
    found = predict(shop, **question)
    payer = {"phone": question.get("phone", "677000001")}
    if "operator" in question:
        payer["operator"] = question["operator"]
    made = shop.post(
        payment_body(
            payer=payer,
            amount=question.get("amount", 1_500),
            currency=question.get("currency", "XAF"),
        )
    )

    if found["reason"] is None:
        assert (made.status_code, len(found["rails"])) == (201, 1)
    else:
        assert found["rails"] == []
        assert refusal(made) == (422, found["reason"]["code"], field)
        assert found["reason"]["detail"] == made.json()["detail"]


def test_a_closed_rail_is_no_rail(shop, account):
    account.is_active = False
    account.save()

    found = predict(shop)

    assert (found["rails"], found["reason"]["code"]) == ([], "rail_closed")


def test_the_merchants_own_account_comes_first_and_anothers_not_at_all(shop):
    open_account(merchant_id=shop.merchant.pk, amount_max=5_000)
    open_account(merchant_id=Shop().merchant.pk, amount_min=1)

    (rail,) = predict(shop)["rails"]

    # One rail, as far as the accounts that make it reach.
    assert (rail["amount_min"], rail["amount_max"]) == (100, 1_000_000)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "required", "phone"),
        ({"phone": "12"}, "invalid_phone_number", "phone"),
        ({"phone": "+241 06 03 12 34"}, "legacy_phone_number", "phone"),
        ({"phone": 677000001}, "not_text", "phone"),
        ({"phone": "677000001", "amount": "5"}, "amount_not_integer", "amount"),
        ({"phone": "677000001", "operator": "sms"}, "invalid_choice", "operator"),
        ({"phone": "677000001", "payer": {}}, "unknown_field", "payer"),
    ],
)
def test_a_bad_question_is_refused_as_a_bad_payment_is(shop, body, code, field):
    assert refusal(shop.post(body, path=PREDICT)) == (400, code, field)


def test_a_question_changes_nothing_and_its_answer_is_kept_sealed(shop):
    first = shop.post({"phone": "677000001"}, path=PREDICT, key="k")

    again = shop.post({"phone": "677000001"}, path=PREDICT, key="k")
    other = shop.post({"phone": "677000002"}, path=PREDICT, key="k")

    assert again.content == first.content
    assert refusal(other)[:2] == (422, "idempotency_key_reused")
    assert not Payment.objects.exists()
    assert b"677000001" not in bytes(IdempotencyRecord.objects.get().body)


def test_reading_is_enough_to_ask(shop):
    reader = Shop(shop.merchant, scopes=["payments:read"])
    stranger = Shop(shop.merchant, scopes=["events:read"])

    assert predict(reader)["country"] == "CM"
    answer = stranger.post({"phone": "677000001"}, path=PREDICT)
    assert refusal(answer)[:2] == (403, "scope_missing")
