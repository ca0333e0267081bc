"""What a merchant's program sees: create, read, list, timeline, balance."""

import pytest

from apps.core.public_ids import encode_id
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment
from apps.providers.contract import Outcome, ProviderResult
from tests.api.conftest import PAYMENTS, Shop, payment_body, refusal
from tests.factories import PaymentFactory
from tests.fakes import FAKE, open_account, submit_due

pytestmark = pytest.mark.django_db

NOBODYS = "01jd0000000000000000000000"


def pay(clock):
    """Submit what was promised, and let the payer agree."""
    submit_due(clock.now)
    attempt = Payment.objects.latest("id").attempts.get()
    apply_reply(
        attempt_id=attempt.pk,
        answer=ProviderResult(Outcome.SUCCEEDED),
        source="poll",
        now=clock.advance(seconds=3),
    )


def test_a_payment_is_created_and_shown_as_it_is_then(clock, shop):
    body = payment_body(
        reference="order-7",
        description="Livre – déjà lu",
        metadata={"cart": "7"},
        return_url="https://shop.example/merci?x=1#top",
    )

    answer = shop.post(body)

    payment = Payment.objects.get()
    assert answer.status_code == 201
    assert answer["Content-Type"] == "application/json"
    assert answer.json() == {
        "id": payment.public_id,
        "object": "payment",
        "livemode": False,
        "status": "pending",
        "amount": 1_500,
        "amount_received": None,
        "amount_refunded": 0,
        "amount_disputed": 0,
        "currency": "XAF",
        "fee": 30,
        "fee_tax": 0,
        "fee_line": encode_id("fln", payment.fee_line_id),
        "country": "CM",
        "method": "mobile_money",
        "operator": "mtn",
        "provider": FAKE,
        "payer": {"phone": "+237 •••••••01"},
        "reference": "order-7",
        "description": "Livre – déjà lu",
        "metadata": {"cart": "7"},
        "next_action": None,
        "failure_code": None,
        "return_url": "https://shop.example/merci?x=1#top",
        "cancel_url": None,
        "expires_at": "2026-03-02T09:10:00.000Z",
        "created_at": "2026-03-02T09:00:00.000Z",
        "completed_at": None,
    }
    assert shop.get(f"{PAYMENTS}/{payment.public_id}").json() == answer.json()


@pytest.mark.parametrize(
    "phone", ["677000001", "+237677000001", "00237677000001", "6 77-00.00 01", "(677) 000 001"]
)
def test_a_number_may_be_written_in_any_usual_way(shop, phone):
    answer = shop.post(payment_body(payer={"phone": phone}))

    assert answer.status_code == 201, answer.content
    assert answer.json()["payer"] == {"phone": "+237 •••••••01"}


@pytest.mark.parametrize("changes", [{"amount": 100}, {"amount": 1_000_000}])
def test_the_limits_themselves_are_allowed(shop, changes):
    assert shop.post(payment_body(**changes)).status_code == 201


def test_everything_optional_may_be_at_its_limit(shop):
    body = payment_body(
        reference="r" * 64,
        description="d" * 140,
        metadata={f"{n:040}": "v" * 500 for n in range(20)},
        return_url="https://shop.example/" + "a" * 479,
    )

    assert shop.post(body).json()["metadata"] == body["metadata"]


def test_a_list_has_the_newest_first_and_pages_to_the_end(shop):
    ids = [shop.post().json()["id"] for _ in range(5)]

    first = shop.get(PAYMENTS, limit=3).json()
    second = shop.get(PAYMENTS, limit=3, starting_after=first["data"][-1]["id"]).json()

    assert [payment["id"] for payment in first["data"] + second["data"]] == ids[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)


@pytest.mark.parametrize("path", ["", "/timeline"])
def test_another_merchants_payment_is_not_found(shop, path):
    theirs = PaymentFactory()

    answer = shop.get(f"{PAYMENTS}/{theirs.public_id}{path}")

    assert refusal(answer)[:2] == (404, "payment_not_found")
    assert shop.get(PAYMENTS).json()["data"] == []


@pytest.mark.parametrize("path", ["", "/timeline"])
def test_the_other_modes_payment_is_not_found(shop, path):
    live = PaymentFactory(merchant=shop.merchant, livemode=True)
    live_shop = Shop(shop.merchant, livemode=True)

    answer = shop.get(f"{PAYMENTS}/{live.public_id}{path}")

    assert refusal(answer)[:2] == (404, "wrong_mode")
    assert shop.get(PAYMENTS).json()["data"] == []
    assert live_shop.get(f"{PAYMENTS}/{live.public_id}{path}").status_code == 200


@pytest.mark.parametrize(
    "payment_id", [f"pay_{NOBODYS}", f"att_{NOBODYS}", "pay_", "1", "%00", "é"]
)
def test_an_id_nobody_has_is_not_found(shop, payment_id):
    answer = shop.get(f"{PAYMENTS}/{payment_id}")

    assert refusal(answer)[:2] == (404, "payment_not_found")


def test_a_live_key_finds_no_rail_of_test_mode(account):
    assert refusal(Shop(livemode=True).post())[:2] == (422, "no_rail")


def test_a_live_key_makes_live_payments(provider, db):
    open_account(livemode=True)

    assert Shop(livemode=True).post().json()["livemode"] is True


def test_the_timeline_tells_the_whole_life_in_order(clock, shop):
    payment_id = shop.post().json()["id"]
    pay(clock)

    entries = shop.get(f"{PAYMENTS}/{payment_id}/timeline").json()["data"]

    assert [entry["title"] for entry in entries] == [
        "payment pending",
        "attempt created at fake",
        "attempt submitted at fake",
        "attempt pending at fake",
        "attempt succeeded at fake",
        "payment succeeded",
        "gross 1500 XAF",
        "fee 30 XAF",
    ]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)


def test_the_balance_is_what_was_paid_less_the_fees(clock, shop):
    before = shop.get("/api/v1/balance").json()["available"]
    shop.post()
    pay(clock)
    shop.post(payment_body(amount=333))
    pay(clock)

    balance = shop.get("/api/v1/balance").json()

    assert before == []
    assert balance["available"] == [{"amount": 1_470 + 326, "currency": "XAF"}]


def test_one_merchants_money_is_not_in_anothers_balance_nor_test_money_in_live(clock, shop):
    shop.post()
    pay(clock)

    assert Shop().get("/api/v1/balance").json()["available"] == []
    assert Shop(shop.merchant, livemode=True).get("/api/v1/balance").json()["available"] == []


@pytest.mark.parametrize("field", ["return_url", "cancel_url"])
@pytest.mark.parametrize(
    "character",
    [
        "\n",
        "\r",
        "\t",
        " ",
        "\x01",
        "\x1b",
        "\x7f",
        "\x85",
        "\x9b",
        "\u200b",
        "\u202e",
        "\u2028",
        "\\",
    ],
)
@pytest.mark.parametrize(
    "address", ["https://shop.example/a{}b", "https://shop{}.example/", "{}https://shop.example/"]
)
def test_an_address_with_a_character_nobody_sees_is_refused(shop, field, character, address):
    answer = shop.post(payment_body(**{field: address.format(character)}))

    # DRF strips what stands around a text.
    if answer.status_code != 201:
        assert refusal(answer) == (400, "invalid_url", field)
    else:
        assert answer.json()[field] == "https://shop.example/"
