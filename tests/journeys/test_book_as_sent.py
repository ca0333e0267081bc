"""Money that was closed here and paid there, through every process: two people at their browsers,
each of whom clicks twice, book what the provider's own book has."""

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from apps.core.public_ids import decode_id
from tests.journeys.conftest import running

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

APPROVES = "677 34 56 78"
IS_PAID = "677 00 00 03"
WAITED_S_MAX = 180.0
ATTEMPTS = "orchestration/attempt"
REQUESTS = "approvals/approvalrequest"


class Person:
    """One of the staff, in her browser."""

    def __init__(self, platform, name):
        self.platform, self.browser = platform, requests.Session()
        self.browser.headers["Accept-Language"] = "en"
        self.url = platform.stack.urls.web
        self.browser.get(f"{self.url}/login", timeout=120)
        self._post("/login", {"username": name, "password": platform.password})

    def act(self, page, action, row, **fields):
        """What the page says once the action was done to this row."""
        chosen = {"action": action, "_selected_action": str(row), **fields}
        return self._post(f"/admin/{page}/", chosen).text

    def decide(self, verb, request, digest):
        return self.act(REQUESTS, verb, request, decided="yes", **{f"digest_{request}": digest})

    def _post(self, path, fields):
        token = self.browser.cookies["csrftoken"]
        answer = self.browser.post(
            f"{self.url}{path}", {"csrfmiddlewaretoken": token, **fields}, timeout=120
        )
        assert answer.status_code < 500, answer.text
        return answer


def at_once(*clicks):
    with ThreadPoolExecutor(len(clicks)) as pool:
        return [click.result() for click in [pool.submit(one) for one in clicks]]


@pytest.fixture(scope="module")
def platform():
    """Of its own: what it leaves is for people, and a balance below zero."""
    with running("contradictions", "simulators", "web", "worker", "beat") as found:
        yield found


@pytest.fixture(scope="module")
def people(platform):
    """Who asks, and two who may both approve."""
    platform.stack.manage(
        "shell",
        "-c",
        "from django.contrib.auth.models import User\n"
        "boss = User(username='boss', is_staff=True, is_superuser=True)\n"
        f"boss.set_password({platform.password!r})\n"
        "boss.save()",
    )
    return [Person(platform, name) for name in ("finance", "admin", "boss")]


def balance(platform):
    (owed,) = platform.get(platform.cameroon, "balance")["available"]
    return owed["amount"]


def wait_for(question):
    give_up_at = time.monotonic() + WAITED_S_MAX
    while not (found := question()):
        assert time.monotonic() < give_up_at
        time.sleep(0.2)
    return found


def contradicted(platform, owner):
    """The attempt of this owner, once a person is called for it and the discrepancy is open."""
    sql = """
    SELECT a.id, a.statement_reference AS reference FROM payments_attempt a
      JOIN reconciliation_discrepancy d ON d.attempt_id = a.id AND d.status = 'open'
     WHERE a.needs_person AND a.payment_id = %(owner)s
    """
    owner_id = uuid_of(owner)
    return wait_for(lambda: platform.rows(sql, owner=owner_id))[0]


def uuid_of(owner):
    return decode_id(owner["id"].split("_")[0], owner["id"])


def refund(platform, payment, amount):
    return requests.post(
        f"{platform.stack.urls.web}/api/v1/refunds",
        json={"payment": payment["id"], "amount": amount},
        headers={
            "Authorization": f"Bearer {platform.cameroon['api_key']}",
            "Idempotency-Key": str(uuid.uuid4()),
        },
        timeout=120,
    )


def lie_about(platform, operation):
    """The provider will carry it out, and say another amount."""
    fault = {"provider": "mtn_momo", "fault": "wrong_amount", "operation": operation}
    platform.control("faults", {**fault, "on": "create"})


def asked_for(platform):
    sql = """SELECT id, encode(digest, 'hex') AS digest FROM approvals_approvalrequest
              WHERE status = 'pending'"""
    return platform.rows(sql)


def close(platform, people, attempt):
    asks, approves, _ = people
    asks.act(ATTEMPTS, "ask_for_closing", attempt["id"], reason="Seen nowhere.")
    (request,) = asked_for(platform)
    approves.decide("approve", request["id"], request["digest"])
    assert asked_for(platform) == []


def book(platform, people, attempt, amount, *, dies=False):
    """Each of them clicks twice, and both who may approve do at once. `dies`: whoever serves the
    first approval is killed in the middle of it."""
    asks, admin, boss = people
    form = {"amount": str(amount), "reason": "It stands in the provider's portal."}
    assert "Ask to book as sent" in asks.act(ATTEMPTS, "ask_for_booking", attempt["id"])
    at_once(*[lambda: asks.act(ATTEMPTS, "ask_for_booking", attempt["id"], **form)] * 2)
    (request,) = asked_for(platform)
    approve = ("approve", request["id"], request["digest"])
    asks.decide(*approve)
    if dies:
        platform.stack.restart("web", {"LOMI_FAILPOINT": "ledger.post.before_insert"})
        with pytest.raises(requests.RequestException):
            admin.decide(*approve)
        platform.stack.restart("web")
    assert len(asked_for(platform)) == 1
    at_once(*[lambda person=person: person.decide(*approve) for person in (admin, boss) * 2])
    assert asked_for(platform) == []


def kinds(platform, attempt):
    sql = """SELECT kind FROM ledger_transfer
              WHERE source_id = (SELECT payment_id FROM payments_attempt WHERE id = %(id)s)
              ORDER BY id"""
    return [row["kind"] for row in platform.rows(sql, id=attempt["id"])]


def executed(platform, attempt):
    book = {entry["reference"]: entry for entry in platform.control("books/mtn_momo")}
    return book[attempt["reference"]]["times_executed"]


def test_a_payout_closed_here_and_paid_there_is_booked_once_though_its_balance_is_spent(
    platform, people
):
    payment = platform.pay(platform.cameroon, APPROVES, amount=20_000)
    assert platform.shop.wait_for(payment["id"], "payment.succeeded")
    lie_about(platform, "disburse")
    payout = platform.send(platform.cameroon, IS_PAID, amount=3_000)
    attempt = contradicted(platform, payout)
    close(platform, people, attempt)
    assert platform.shop.wait_for(payout["id"], "payout.failed")
    spent = platform.send(platform.cameroon, IS_PAID, amount=balance(platform))
    assert platform.shop.wait_for(spent["id"], "payout.succeeded")
    assert balance(platform) == 0
    # Whoever works dies before a person can be told of what the provider says now.
    platform.stack.kill("worker")
    people[1].act("payouts/payout", "ask_provider", uuid_of(payout))
    platform.stack.restart("worker")
    assert contradicted(platform, payout) == attempt

    book(platform, people, attempt, 3_000, dies=True)

    event = platform.shop.wait_for(payout["id"], "payout.succeeded_late")
    assert event["data"]["status"] == "succeeded"
    assert kinds(platform, attempt) == [
        "payout_held",
        "payout_returned",
        "payout_held",
        "payout_sent",
    ]
    assert executed(platform, attempt) == 1
    assert balance(platform) == -3_000


def test_a_refund_closed_here_and_paid_there_is_booked_once_or_left_to_a_person(platform, people):
    payment = platform.pay(platform.cameroon, APPROVES, amount=30_000)
    assert platform.shop.wait_for(payment["id"], "payment.succeeded")
    attempts = []
    for amount in (10_000, 9_000):
        lie_about(platform, "refund")
        made = refund(platform, payment, amount).json()
        attempts.append(contradicted(platform, made))
        close(platform, people, attempts[-1])
        assert platform.shop.wait_for(made["id"], "refund.failed")
        people[1].act("refunds/refund", "ask_provider", uuid_of(made))
        contradicted(platform, made)
    assert refund(platform, payment, 20_000).status_code == 201

    book(platform, people, attempts[0], 10_000)
    said = people[0].act(ATTEMPTS, "ask_for_booking", attempts[1]["id"])

    late = ["refund_held", "refund_returned", "refund_held", "refund_sent"]
    assert kinds(platform, attempts[0]) == late
    assert kinds(platform, attempts[1]) == late[:2]
    assert executed(platform, attempts[0]) == executed(platform, attempts[1]) == 1
    assert "refunded otherwise since" in said
    shown = platform.get(platform.cameroon, f"payments/{payment['id']}")
    assert shown["amount_refunded"] == 30_000
    assert asked_for(platform) == []


def test_what_is_left_to_people_is_all_in_which_the_books_differ_from_the_providers(platform):
    owned = platform.rows(
        "SELECT statement_reference AS reference FROM payments_attempt WHERE needs_person"
    )

    said = platform.check_books("mtn_momo", "orange_webpay").splitlines()[:-1]

    violated = [line for line in said if not re.search(r" 0$", line)]
    named = set(re.findall(r"mtn_momo (\S+)", " ".join(violated)))
    assert all(line.startswith("I4 what the provider executed") for line in violated), violated
    assert named <= {row["reference"] for row in owned}, violated
