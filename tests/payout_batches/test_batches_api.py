"""Batches through the API, up to where they are submitted."""

from __future__ import annotations

import base64

import pytest
from django.utils import timezone

from apps.core.public_ids import decode_id
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payout_batches.services.check_batch import check_batch
from tests.api.conftest import Shop, refusal
from tests.factories import MerchantFactory
from tests.fakes import open_account

pytestmark = pytest.mark.django_db

# Nothing is charged of what is not submitted.
FREE = {"fee": 0, "fee_tax": 0}

BATCHES = "/api/v1/payout_batches"
LINES = [
    {"phone": "677 00 00 01", "amount": 5_000, "name": "Awa"},
    {"phone": "12", "amount": 700},
    {"phone": "677000003", "amount": 900, "reference": "wages-3"},
]


@pytest.fixture
def shop(merchant, provider, clock):
    open_account(operations=["disburse"])
    return Shop(merchant)


@pytest.fixture
def draft(shop):
    """The address of a draft of LINES."""
    answer = shop.post({"reference": "wages", "lines": LINES}, path=BATCHES)
    assert answer.status_code == 201, answer.content
    batch_id = answer.json()["id"]
    check_batch(batch_id=decode_id("pob", batch_id), now=timezone.now())
    return f"{BATCHES}/{batch_id}"


def patch(shop, path, body):
    return shop.client.patch(
        path,
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {shop.key}"},
    )


def test_a_batch_is_kept_at_once_and_checked_afterwards(shop):
    answer = shop.post({"reference": "wages", "lines": LINES}, path=BATCHES)

    body = answer.json()
    assert (answer.status_code, body["status"], body["currency"]) == (201, "checking", "XAF")
    assert body["lines"]["ready"] == {"count": 0, "amount": 0, **FREE}


def test_the_same_request_twice_is_one_batch(shop):
    first = shop.post({"lines": LINES}, path=BATCHES, key="one")
    again = shop.post({"lines": LINES}, path=BATCHES, key="one")

    assert first.json() == again.json()
    assert PayoutBatch.objects.count() == 1


def test_a_draft_says_how_many_lines_are_payable(shop, draft):
    body = shop.get(draft).json()

    assert body["status"] == "draft"
    assert body["lines"]["ready"] == {"count": 2, "amount": 5_900, **FREE}
    assert body["lines"]["invalid"] == {"count": 1, "amount": 700, **FREE}
    assert shop.get(BATCHES).json()["data"] == [body]


def test_a_line_that_is_wrong_says_what_in_two_languages(shop, draft):
    (line,) = shop.get(f"{draft}/lines?status=invalid").json()["data"]

    assert (line["number"], line["payee"], line["amount"]) == (2, {"phone": ""}, 700)
    (problem,) = line["problems"]
    assert (problem["code"], problem["column"]) == ("invalid_phone_number", "phone")
    assert problem["values"]["cell"] == "lines[1].phone"
    assert problem["message"]["en"] != problem["message"]["fr"]


def test_lines_are_paged_in_their_order(shop, draft):
    first = shop.get(f"{draft}/lines?limit=2").json()
    rest = shop.get(f"{draft}/lines?limit=2&starting_after={first['data'][-1]['id']}").json()

    assert [line["number"] for line in first["data"]] == [1, 2]
    assert ([line["number"] for line in rest["data"]], rest["has_more"]) == ([3], False)
    both = shop.get(f"{draft}/lines?status=ready,invalid&limit=2").json()
    assert ([line["number"] for line in both["data"]], both["has_more"]) == ([1, 2], True)


def test_a_line_is_corrected_in_place(shop, draft):
    answer = patch(shop, f"{draft}/lines/2", {"phone": "677000002"})

    assert answer.status_code == 200, answer.content
    line = answer.json()
    assert (line["status"], line["amount"], line["problems"]) == ("ready", 700, [])
    assert shop.get(draft).json()["lines"]["ready"] == {"count": 3, "amount": 6_600, **FREE}
    assert PayoutBatchLine.objects.get(number=2).cells_encrypted is None


def test_a_correction_may_be_wrong_too(shop, draft):
    line = patch(shop, f"{draft}/lines/3", {"amount": 999_999_999}).json()

    assert (line["status"], line["reference"]) == ("invalid", "wages-3")
    assert [one["code"] for one in line["problems"]] == ["amount_out_of_range"]


def test_a_correction_that_makes_a_payee_stand_twice_warns_on_both_lines(shop, draft):
    corrected = patch(shop, f"{draft}/lines/2", {"phone": "677000001"}).json()
    first = shop.get(f"{draft}/lines?limit=1").json()["data"][0]

    assert [one["code"] for one in corrected["warnings"]] == ["same_payee"]
    assert [one["code"] for one in first["warnings"]] == ["same_payee"]

    patch(shop, f"{draft}/lines/2", {"phone": "677000002"})
    assert shop.get(f"{draft}/lines?limit=1").json()["data"][0]["warnings"] == []


def test_a_line_is_dropped_and_restored(shop, draft):
    dropped = shop.post({}, path=f"{draft}/lines/1/drop").json()
    assert dropped["status"] == "dropped"
    assert refusal(patch(shop, f"{draft}/lines/1", {"amount": 5}))[:2] == (
        409,
        "payout_batch_line_dropped",
    )
    assert shop.get(draft).json()["lines"]["dropped"] == {"count": 1, "amount": 5_000, **FREE}

    restored = shop.post({}, path=f"{draft}/lines/1/restore").json()
    assert restored["status"] == "ready"


def test_only_a_draft_changes(shop, draft):
    discarded = shop.post({}, path=f"{draft}/discard")
    assert (discarded.status_code, discarded.json()["status"]) == (200, "canceled")
    assert discarded.json()["lines"]["canceled"] == {"count": 2, "amount": 5_900, **FREE}

    for answer in (
        patch(shop, f"{draft}/lines/2", {"phone": "677000002"}),
        shop.post({}, path=f"{draft}/lines/1/drop"),
        shop.post({}, path=f"{draft}/discard"),
    ):
        assert refusal(answer)[:2] == (409, "payout_batch_not_draft")


def test_a_line_or_batch_that_is_not_there(shop, draft):
    assert refusal(patch(shop, f"{draft}/lines/99", {}))[:2] == (404, "payout_batch_line_not_found")
    assert refusal(patch(shop, f"{draft}/lines/x", {}))[:2] == (404, "payout_batch_line_not_found")
    other = Shop(MerchantFactory())
    assert refusal(other.get(draft))[:2] == (404, "payout_batch_not_found")
    assert refusal(other.get(f"{draft}/lines"))[:2] == (404, "payout_batch_not_found")
    assert other.get(BATCHES).json()["data"] == []


def test_a_file_is_sent_in_base64_and_its_report_says_why_it_could_not_be_read(shop):
    content = base64.b64encode(b"nom;montant\nAwa;5\n").decode()
    answer = shop.post({"file": {"name": "wages.csv", "content": content}}, path=BATCHES)
    batch_id = answer.json()["id"]
    check_batch(batch_id=decode_id("pob", batch_id), now=timezone.now())

    report = shop.get(f"{BATCHES}/{batch_id}/report").json()

    assert shop.get(f"{BATCHES}/{batch_id}").json()["failure_code"] == "columns_missing"
    assert report["failure"]["code"] == "columns_missing"
    assert set(report["failure"]["message"]) == {"en", "fr"}
    assert report["rails"] == []


def test_the_report_sums_by_operator(shop, draft):
    report = shop.get(f"{draft}/report").json()

    assert report["rails"] == [
        {"country": "CM", "operator": "mtn", "count": 2, "amount": 5_900, "funds": "unknown"}
    ]
    assert report["failure"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "lines_or_file"),
        ({"lines": []}, "lines_missing"),
        ({"lines": [5]}, "line_not_object"),
        ({"lines": [{"phone": "1", "amount": 1, "iban": "x"}]}, "unknown_field"),
        ({"lines": [{"phone": ["1"], "amount": 1}]}, "line_not_flat"),
        ({"lines": LINES, "file": {"name": "a", "content": ""}}, None),
        ({"file": {"name": "a.csv", "content": "%"}}, "not_base64"),
        ({"lines": LINES, "currency": "GBP"}, "unknown_currency"),
    ],
)
def test_what_is_no_list_is_refused_at_once(shop, body, code):
    answer = shop.post(body, path=BATCHES)

    assert answer.status_code in (400, 422), answer.content
    if code:
        assert refusal(answer)[1] == code
    assert not PayoutBatch.objects.exists()


def test_a_list_of_batches_costs_the_same_however_many_there_are(
    shop, draft, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        shop.get(BATCHES)
    for _ in range(3):
        shop.post({"lines": LINES}, path=BATCHES)

    with CaptureQueriesContext(connection) as four:
        shop.get(BATCHES)

    assert len(four) == len(one)
