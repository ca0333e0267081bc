"""A transfer is booked the way its kind says, and the check of the books names one that is not."""

import pytest
from django.db import connection

from apps.core.bulk_write import bulk_write
from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.ledger.invariants import INVARIANTS
from apps.ledger.rules.postings import POSTINGS
from apps.ledger.services.post import Booking, post_all
from apps.reconciliation.selectors.find_violations import find_violations

pytestmark = pytest.mark.django_db

WAY = "a transfer goes the way its kind says, and never from one merchant to another"
TURN_ROUND = "UPDATE ledger_transfer SET from_account_id = to_account_id, to_account_id = {}"


@pytest.fixture
def one_of_each(clock):
    bookings = [
        Booking(
            {kind: Money(1_000, "XAF")},
            merchant_id=new_id(),
            source_id=new_id(),
            livemode=False,
            provider_account_id=new_id(),
        )
        for kind in POSTINGS
    ]
    bulk_write(post_all(bookings, now=clock.now))


def wrong_ways(now):
    way = [one for one in INVARIANTS if one.name == WAY]
    (found,) = find_violations(now=now, among=way)
    return found.violations


def test_of_every_kind_one_that_is_booked_the_wrong_way_round_is_found(clock, one_of_each):
    assert wrong_ways(clock.now) == 0

    with connection.cursor() as cursor:
        cursor.execute(TURN_ROUND.format("from_account_id"))

    assert wrong_ways(clock.now) == len(POSTINGS)


def test_what_one_merchant_holds_of_another_is_found(clock, one_of_each):
    strangers = (
        "UPDATE ledger_transfer SET to_account_id = (SELECT id FROM ledger_account a"
        " WHERE a.kind = 'merchant_held' AND a.id <> to_account_id LIMIT 1)"
        " WHERE kind = 'refund_held'"
    )

    with connection.cursor() as cursor:
        cursor.execute(strangers)

    assert wrong_ways(clock.now) == 1
