"""Money that was given up and is found on another line after all is not called explained."""

import pytest

from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.match_by_hand import HandMatchRefused, match_by_hand

from .reports import NOW, foreign_line, line_of, stage_and_match
from .test_counterparts import TOMORROW, account, back, bank, dispute, ends, work
from .test_desk_decisions import decide, matching, people, writing_off
from .test_passes import paid

pytestmark = pytest.mark.django_db

LATER = NOW.replace(hour=9)
__all__ = ["account", "bank", "people"]


def still_open():
    return sorted(Discrepancy.objects.filter(status="open").values_list("kind", "value_at_risk"))


@pytest.mark.parametrize("comes_again", [False, True])
def test_what_was_given_up_here_and_came_there_is_open(account, bank, people, comes_again):
    left = {"provider_reference": "T-1", "reference": "", "amount": -700}
    stage_and_match(account, foreign_line(**left))
    row = Discrepancy.objects.get()
    decide("discrepancy.write_off", row, writing_off(row), people)
    if comes_again:
        stage_and_match(account, foreign_line(**left, fee=1), now=LATER)

    stage_and_match(bank, foreign_line(provider_reference="T-1", reference=""))
    work()

    # What came is somebody's: our books have it no more.
    assert ("unknown_to_us", -700) in still_open()
    assert "own_transfer" not in {way for _match, way in ends()}


def test_what_was_given_up_and_is_disputed_later_is_open(account, people):
    payment = paid(account)
    stage_and_match(account, line_of(payment), back(payment))
    (row,) = Discrepancy.objects.filter(kind="unknown_to_us")
    decide("discrepancy.write_off", row, writing_off(row), people)

    dispute(payment)
    stage_and_match(account, back(payment, fee=1), day=TOMORROW)
    work()

    assert "reversal" not in {way for _match, way in ends()}


def test_what_was_given_up_stands_for_no_payment_by_hand(account, people):
    line = foreign_line(provider_reference="T-1", amount=700)
    stage_and_match(account, line)
    row = Discrepancy.objects.get()
    decide("discrepancy.write_off", row, writing_off(row), people)
    payment = paid(account, amount=700)
    # It comes again, amended.
    stage_and_match(account, foreign_line(provider_reference="T-1", amount=700, fee=1), now=LATER)
    again = Discrepancy.objects.get(status="open", kind="unknown_to_us")

    with pytest.raises(HandMatchRefused, match=row.public_id):
        match_by_hand(
            matching(again, payment),
            requested_by=f"user:{people[0].pk}", approved_by=f"user:{people[1].pk}",
            reason="alike", now=LATER,
        )  # fmt: skip


def test_a_total_that_was_given_up_is_not_explained_by_its_lines(account, people):
    total = {"reference": "", "provider_reference": "", "settlement_reference": "S"}
    stage_and_match(account, foreign_line(**total, amount=-5_000))
    row = Discrepancy.objects.get()
    decide("discrepancy.write_off", row, writing_off(row), people)
    payment = paid(account)

    stage_and_match(account, line_of(payment, settlement_reference="S"), day=TOMORROW)
    work()

    assert ends() == [("exception", ""), ("matched", "our_reference")]
