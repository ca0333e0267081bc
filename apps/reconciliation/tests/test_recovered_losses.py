"""A loss that was booked and that a dispute takes from the merchant too is announced, until the
booking is taken back: its account has the gain, and nothing is booked beside it."""

import pytest

from apps.ledger.selectors.find_corrections import find_corrections
from apps.reconciliation.models import Discrepancy
from tests.monitoring.test_planted import find

from .reports import NOW, line_of, stage_and_match
from .test_counterparts import TAKEN_BACK, account, back, dispute, ends, work
from .test_desk_decisions import broken_invariants, decide, people, writing_off
from .test_passes import paid
from .test_take_back import take_back

pytestmark = pytest.mark.django_db
__all__ = ["account", "people"]


def recovered():
    return [one.key for one in find("loss_recovered", NOW, includes_test=1.0)]


def written_off(account, people):
    payment = paid(account)
    stage_and_match(account, line_of(payment), back(payment))
    row = Discrepancy.objects.get(kind="unknown_to_us")
    decide("discrepancy.write_off", row, writing_off(row), people)
    return payment, row


def test_a_loss_that_a_lost_dispute_recovers_is_announced_until_it_is_taken_back(account, people):
    payment, row = written_off(account, people)
    assert recovered() == []

    dispute(payment)
    for _again in range(2):
        assert recovered() == [row.public_id]
    before = broken_invariants()
    take_back(row, people)

    (correction,) = find_corrections()
    kinds = [correction.transfer.from_account.kind, correction.transfer.to_account.kind]
    assert kinds == ["provider_clearing", "write_off"]
    work()
    # The dispute is what the line answers to.
    assert ends() == TAKEN_BACK
    assert not Discrepancy.objects.filter(status="open").exists()
    assert recovered() == []
    assert broken_invariants() == before


@pytest.mark.parametrize(
    ("status", "amount"), [("won", 5_000), ("under_review", 5_000), ("lost", 4_999)]
)
def test_a_dispute_that_took_nothing_of_it_announces_nothing(account, people, status, amount):
    payment, _row = written_off(account, people)

    dispute(payment, status, amount)

    assert recovered() == []


def test_a_dispute_that_another_line_answers_to_recovers_no_loss(account, people):
    payment = paid(account)
    dispute(payment)
    stage_and_match(
        account, line_of(payment), back(payment), back(payment, provider_reference="T-2")
    )
    work()
    row = Discrepancy.objects.get(status="open")
    decide("discrepancy.write_off", row, writing_off(row), people)

    assert recovered() == []
