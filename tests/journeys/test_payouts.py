"""Payouts through every process, over the wire, to the provider's books and ours."""

import re
import time

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

APPROVES = "677 34 56 78"
IS_PAID = "677 00 00 03"
UNREGISTERED = "677 90 01 50"
INACTIVE = "677 90 01 51"
SETTLED_S_MAX = 180.0


@pytest.fixture(scope="module")
def funded(platform):
    """A merchant with a balance for all of this module's payouts."""
    payment = platform.pay(platform.cameroon, APPROVES, amount=100_000)
    assert platform.shop.wait_for(payment["id"], "payment.succeeded")
    return platform.cameroon


def balance(platform, merchant):
    (owed,) = platform.get(merchant, "balance")["available"]
    return owed["amount"]


def at_its_end(platform, merchant, payout):
    give_up_at = time.monotonic() + SETTLED_S_MAX
    while True:
        found = platform.get(merchant, f"payouts/{payout['id']}")
        if found["completed_at"] or time.monotonic() > give_up_at:
            return found
        time.sleep(0.3)


def executed(platform, payout):
    """How often the provider carried out what was sent for this payout."""
    timeline = platform.get(platform.cameroon, f"payouts/{payout['id']}/timeline")["data"]
    ours = {entry["data"]["reference"] for entry in timeline if entry["kind"] == "attempt"}
    book = platform.control("books/mtn_momo")
    return sum(entry["times_executed"] for entry in book if entry["reference"] in ours)


def test_a_payout_goes_all_the_way_to_a_signed_webhook(platform, funded):
    before = balance(platform, funded)

    payout = platform.send(funded, IS_PAID, amount=1_500)
    event = platform.shop.wait_for(payout["id"], "payout.succeeded")

    timeline = platform.get(funded, f"payouts/{payout['id']}/timeline")["data"]
    titles = {entry["title"] for entry in timeline}
    assert event["data"]["status"] == "succeeded"
    assert {"payout_held 1500 XAF", "payout_sent 1500 XAF"} <= titles
    assert executed(platform, payout) == 1
    assert balance(platform, funded) == before - 1_500


@pytest.mark.parametrize(
    ("phone", "failure_code"),
    [(UNREGISTERED, "payee_not_found"), (INACTIVE, "payee_cannot_receive")],
)
def test_a_payee_who_cannot_be_paid_is_told_before_anything_is_sent(
    platform, funded, phone, failure_code
):
    before = balance(platform, funded)

    payout = at_its_end(platform, funded, platform.send(funded, phone))

    assert (payout["status"], payout["failure_code"]) == ("failed", failure_code)
    assert executed(platform, payout) == 0
    assert balance(platform, funded) == before


def test_a_lost_answer_and_the_same_request_again_are_one_transfer(platform, funded):
    before = balance(platform, funded)

    first = platform.send(funded, IS_PAID, key="wages-of-november")
    again = platform.send(funded, IS_PAID, key="wages-of-november")

    assert again == first
    assert at_its_end(platform, funded, first)["status"] == "succeeded"
    assert executed(platform, first) == 1
    assert balance(platform, funded) == before - 500


def test_the_books_agree_with_the_providers_but_for_what_a_person_owns(platform, funded):
    owned = platform.rows(
        "SELECT statement_reference AS reference FROM payments_attempt WHERE needs_person"
    )

    said = platform.check_books("mtn_momo", "orange_webpay").splitlines()[:-1]

    violated = [line for line in said if not re.search(r" 0$", line)]
    references = {row["reference"] for row in owned}
    named = set(re.findall(r"mtn_momo (\S+)", " ".join(violated)))
    assert all(line.startswith("I4 what the provider executed") for line in violated), violated
    assert named <= references, violated
