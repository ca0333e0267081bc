"""Whatever a hand in the database does to what is pending, the check of the books names it."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.ledger.invariants import INVARIANTS
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import Booking, post_all
from apps.ledger.services.release_pending import release_pending
from apps.reconciliation.selectors.find_violations import find_violations
from apps.reconciliation.tests.corruption import lift_safeguards

pytestmark = pytest.mark.django_db

OURS = [one for one in INVARIANTS if one.id == "I19"]
AS_BOOKED, AS_WAITING, AS_SUMMED, BOOKED_ONCE, IN_TIME = OURS
OTHER = "'00000000-0000-4000-8000-000000000001'"
WAITING = "UPDATE ledger_pendingamount SET {} WHERE release_id IS NULL"
# What is done -> the invariants that find it.
CORRUPTIONS = {
    "more is pending": ({AS_BOOKED, AS_WAITING}, WAITING.format("amount = amount + 1")),
    "forgotten": (
        {AS_BOOKED, AS_WAITING},
        "DELETE FROM ledger_pendingamount WHERE release_id IS NULL",
    ),
    "another merchant's": ({AS_BOOKED, AS_WAITING}, WAITING.format(f"merchant_id = {OTHER}")),
    "another mode": ({AS_BOOKED, AS_WAITING}, WAITING.format("livemode = NOT livemode")),
    "another currency": ({AS_BOOKED, AS_WAITING}, WAITING.format("currency = 'XOF'")),
    "another rail": ({AS_BOOKED}, WAITING.format(f"provider_account_id = {OTHER}")),
    "of nothing that was paid": (
        {AS_BOOKED},
        "DELETE FROM ledger_transfer WHERE kind = 'pending_gross'",
    ),
    "released without a release": (
        {AS_WAITING, AS_SUMMED},
        WAITING.format("release_id = (SELECT id FROM ledger_release)"),
    ),
    "to be released twice": (
        {AS_WAITING, AS_SUMMED},
        "UPDATE ledger_pendingamount SET release_id = NULL WHERE release_id IS NOT NULL",
    ),
    "another sum": ({AS_SUMMED, BOOKED_ONCE}, "UPDATE ledger_release SET amount = amount + 1"),
    "another count": ({AS_SUMMED}, "UPDATE ledger_release SET count = count + 1"),
    "a release not booked": (
        {BOOKED_ONCE, AS_WAITING},
        "DELETE FROM ledger_transfer WHERE kind = 'released'",
    ),
    "a release booked of nothing": (
        {BOOKED_ONCE},
        f"UPDATE ledger_transfer SET source_id = {OTHER} WHERE kind = 'released'",
    ),
    "booked as another kind": (
        {BOOKED_ONCE},
        "UPDATE ledger_transfer SET kind = 'refund_returned' WHERE kind = 'released'",
    ),
    "released too early": (
        {IN_TIME},
        "UPDATE ledger_release SET created_at = available_at - interval '1 s'",
    ),
    "never released": ({IN_TIME}, WAITING.format("available_at = now() - interval '40 years'")),
}


@pytest.fixture
def books(clock):
    """One amount that was released, one that waits."""
    merchant_id, account_id = new_id(), new_id()
    for due in (clock.now, clock.now + timedelta(days=1)):
        booking = Booking(
            {TransferKind.GROSS: Money(1_000, "XAF"), TransferKind.FEE: Money(20, "XAF")},
            merchant_id=merchant_id,
            source_id=new_id(),
            livemode=False,
            provider_account_id=account_id,
            available_at=due,
        )
        bulk_write(post_all([booking], now=clock.now))
    assert release_pending(now=clock.now) == 1


def broken(now):
    return {one.invariant for one in find_violations(now=now, among=OURS) if one.violations}


def test_every_invariant_of_what_is_pending_is_broken_here(clock, books):
    assert broken(clock.now) == set()
    assert set.union(*(found for found, _ in CORRUPTIONS.values())) == {
        AS_BOOKED, AS_WAITING, AS_SUMMED, BOOKED_ONCE, IN_TIME,
    }  # fmt: skip


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_found_by_its_invariants(clock, books, name):
    expected, statement = CORRUPTIONS[name]

    lift_safeguards()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount

    assert expected <= broken(clock.now)
