"""Every fault of a provider ends in the provider's truth: nothing is lost, moved twice or invented.

The faults are started together, because the slowest takes its half minute however few there are.
"""

import re
import time

import pytest

from apps.providers.simulation.faults import MAGIC_SUFFIXES, FaultKind
from tests.chaos.fault_matrix import SHORT, FaultMatrix, every_case
from tests.chaos.verdict import Evidence, count_totals, find_faults

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

SETTLED_S_MAX = 180.0

# Usually a payer approves. Here the payer did not.
FAILING = {FaultKind.FORGED_CALLBACK}
# Every answer is about something else: nobody guesses, a person has it.
OPEN = {FaultKind.WRONG_AMOUNT: "verifying", FaultKind.ANSWER_FOR_ANOTHER: "verifying"}
# It answers 503 for ever: no proof that it took nothing.
BUSY = {FaultKind.DOWN: "pending"}
BUSY_REPEATS = 3


@pytest.fixture(scope="module")
def matrix(platform):
    """An order for each fault of each operation, sent all at once."""
    matrix = FaultMatrix(platform, every_case(), SHORT)
    matrix.start()
    return matrix


@pytest.fixture(scope="module")
def evidence(platform, matrix, settled):
    matrix.wait_until_settled()
    return Evidence.taken_from(platform)


@pytest.fixture(scope="module")
def settled(platform, matrix):
    """One payment for each payer who meets a fault, when as little is open as ever will be:
    suffix -> payment."""
    ids = {
        suffix: platform.pay(platform.cameroon, f"677{suffix}")["id"] for suffix in MAGIC_SUFFIXES
    }
    give_up_at = time.monotonic() + SETTLED_S_MAX
    while True:
        payments = {
            suffix: platform.get(platform.cameroon, f"payments/{payment_id}")
            for suffix, payment_id in ids.items()
        }
        is_quiet = all(
            payment["status"] == expected(suffix) for suffix, payment in payments.items()
        )
        if (
            is_quiet and _everything_is_asked(platform, ids.values())
        ) or time.monotonic() > give_up_at:
            return payments
        time.sleep(0.5)


def _everything_is_asked(platform, ids):
    """Those that stay open have heard their provider, or were sent to it again and again."""
    (found,) = platform.rows(
        """SELECT count(*) FROM payments_attempt
            WHERE payment_id = ANY(%(ids)s::uuid[])
              AND completed_at IS NULL AND NOT needs_person AND repeats < %(repeats)s""",
        ids=[_uuid(payment_id) for payment_id in ids],
        repeats=BUSY_REPEATS,
    )
    return found["count"] == 0


def expected(suffix):
    kind = MAGIC_SUFFIXES[suffix][0]
    if kind in FAILING:
        return "failed"
    return {**OPEN, **BUSY}.get(kind, "succeeded")


@pytest.fixture(scope="module")
def book(evidence):
    """What the providers wrote down, by our reference."""
    return evidence.book


@pytest.mark.parametrize("case", every_case(), ids=str)
def test_whatever_befalls_an_operation_it_ends_as_its_providers_books_say(matrix, evidence, case):
    order = matrix.orders[case]

    if not case.is_misled:
        assert find_faults([order], evidence) == {}
        return
    (owner,) = evidence.owners[order.reference]
    assert order.reference in matrix.with_a_person()
    assert evidence.times_executed(owner) <= 1
    assert owner["moved"] == owner["returned"] == []


def test_every_fault_struck_and_nothing_is_lost_doubled_or_invented(platform, matrix, evidence):
    ended = [order for case, order in matrix.orders.items() if not case.is_misled]
    ours = platform.rows("SELECT statement_reference AS reference FROM payments_attempt")

    totals = count_totals(ended, evidence.of(ended))
    invented = evidence.book.keys() - {row["reference"] for row in ours}
    assert platform.control("faults") == []
    assert (totals.lost, totals.double, totals.invented) == (0, 0, 0)
    assert invented == set()


@pytest.mark.parametrize("suffix", MAGIC_SUFFIXES)
def test_a_fault_ends_in_the_providers_truth(platform, settled, book, suffix):
    payment = settled[suffix]
    attempts = platform.rows(
        """SELECT a.statement_reference AS reference, a.status, a.needs_person
             FROM payments_attempt a JOIN payments_payment p ON p.id = a.payment_id
            WHERE p.id = %(id)s ORDER BY a.id""",
        id=_uuid(payment["id"]),
    )

    executed = sum(
        book[attempt["reference"]]["times_executed"]
        for attempt in attempts
        if attempt["reference"] in book
    )
    assert payment["status"] == expected(suffix), (MAGIC_SUFFIXES[suffix], attempts)
    assert executed <= 1
    if MAGIC_SUFFIXES[suffix][0] in OPEN:
        assert attempts[-1]["needs_person"]
    else:
        assert executed == (payment["status"] == "succeeded")


def test_a_provider_that_is_busy_gets_one_reference_again_and_charges_nobody(
    platform, settled, book
):
    attempts = platform.rows(
        "SELECT statement_reference AS reference, status, repeats FROM payments_attempt"
        " WHERE payment_id = %(id)s",
        id=_uuid(settled["900009"]["id"]),
    )

    (attempt,) = attempts
    assert attempt["status"] == "submitted"
    assert attempt["repeats"] >= BUSY_REPEATS
    assert attempt["reference"] not in book


def test_a_hundred_callbacks_at_once_are_all_counted_and_answered_by_one_booking(platform, settled):
    counted = platform.rows(
        """SELECT (SELECT count(*) + sum(c.more_count) FROM providers_callback c
                    WHERE c.attempt_id = a.id)::int AS callbacks,
                  (SELECT count(*) FROM ledger_transfer t
                    WHERE t.source_id = a.payment_id AND t.kind = 'gross') AS bookings
             FROM payments_attempt a
            WHERE a.payment_id = %(id)s""",
        id=_uuid(settled["900015"]["id"]),
    )

    assert counted == [{"callbacks": 100, "bookings": 1}]


def test_a_payment_the_provider_first_called_expired_was_told_as_late(platform, settled):
    event = platform.shop.wait_for(settled["900012"]["id"], "payment.succeeded_late")

    assert event is not None


def test_a_contradiction_is_a_discrepancy_and_nothing_else_is(platform, settled):
    found = platform.rows(
        """SELECT a.payment_id, d.detail FROM reconciliation_discrepancy d
             JOIN payments_attempt a ON a.id = d.attempt_id
            WHERE d.kind = 'contradiction' AND a.payment_id = ANY(%(ids)s::uuid[])""",
        ids=[_uuid(payment["id"]) for payment in settled.values()],
    )

    # Who answers for another again and again is told of, sooner or later.
    nonsense = (_uuid(settled["900014"]["id"]), "answers outside the protocol")
    told = {(str(row["payment_id"]), row["detail"]) for row in found} - {nonsense}
    assert told == {(_uuid(settled["900011"]["id"]), "amount 750 instead of 1500")}


def test_the_books_are_clean_and_agree_with_the_providers(platform, evidence):
    """But for those that a person has: their provider moved money and will not say which."""
    open_ones = platform.rows(
        """SELECT c.connector || ' ' || a.statement_reference AS reference
             FROM payments_attempt a JOIN providers_provideraccount c ON c.id = provider_account_id
            WHERE a.completed_at IS NULL AND (a.needs_person OR a.contradiction <> '')"""
    )

    said = platform.check_books("mtn_momo", "orange_webpay")

    (violated,) = [line for line in said.splitlines()[:-1] if not re.search(r" 0$", line)]
    said_of, count, named = re.fullmatch(r"(.*?) (\d+) (.*)", violated).groups()
    assert said_of == "I4 what the provider executed succeeded with us, for the same amount"
    assert int(count) == len(open_ones)
    assert set(re.findall(r"\S+ \S+", named)) <= {row["reference"] for row in open_ones}


def _uuid(public_id):
    from apps.core.public_ids import decode_id

    return str(decode_id("pay", public_id))
