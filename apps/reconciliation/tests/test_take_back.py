"""What a discrepancy booked and two people take back is open again, unless both sides agree."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.ledger.rules.corrections import AlreadyReversed, CorrectionRefused
from apps.ledger.selectors.find_corrections import find_corrections
from apps.ledger.selectors.list_transfers import list_transfers
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.services.take_back_transfer import take_back_transfer
from apps.reconciliation.services.withdraw_statement import withdraw_statement
from tests.factories import agree_cost
from tests.killed import is_killed_at

from .reports import DAY, NOW, foreign_line, line_of, match, stage_and_match
from .test_correct_ledger import account, correcting, theirs
from .test_decisions_and_later_reports import the
from .test_desk_decisions import broken_invariants, decide, english, paid, people, writing_off

__all__ = ["account", "english", "people", "theirs"]

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
BY = {"requested_by": "user:1", "approved_by": "user:2", "reason": "It was found.", "now": LATER}


def booked_of(row):
    written_off = list_transfers(source_id=row.pk)
    return written_off[0] if written_off else find_corrections(discrepancy_id=row.pk)[0].transfer


def taking_back(transfer):
    return {
        "transfer_id": str(transfer.pk), "kind": transfer.kind, "amount": transfer.amount,
        "currency": transfer.currency, "evidence": "bank 77",
    }  # fmt: skip


def take_back(row, people):
    payload = taking_back(booked_of(row))
    decide("ledger.reverse", row, payload, people)


def lost(account):
    paid(account, amount=700)
    stage_and_match(account, "null")
    return the("unknown_to_them")


def nobodys(account):
    stage_and_match(account, foreign_line())
    return the("unknown_to_us")


def differing(account):
    stage_and_match(account, line_of(paid(account, amount=700), amount=650))
    return the("amount_differs")


def fee_differing(account):
    agree_cost(account, basis_points=100)
    stage_and_match(account, line_of(paid(account, amount=10_000), fee=150))
    return the("fee_differs")


@pytest.mark.parametrize("how", ["write_off", "correct"])
@pytest.mark.parametrize("found", [lost, nobodys, differing, fee_differing])
def test_what_was_booked_and_is_taken_back_is_open_again_and_may_be_booked_anew(
    account, people, how, found
):
    row = found(account)
    payload = writing_off if how == "write_off" else correcting
    decide(f"discrepancy.{how}", row, payload(row), people)

    take_back(row, people)

    row.refresh_from_db()
    assert (row.status, row.owner) == ("taken_back", people[0])
    again = the(row.kind)
    assert (again.attempt_id, again.line_id) == (row.attempt_id, row.line_id)
    assert again.value_at_risk == row.value_at_risk
    said = again.events.get(act="take_back").reason
    assert said.startswith(f"{row.public_id}: ")
    assert not broken_invariants()
    match(row.statement, now=LATER)
    assert Discrepancy.objects.filter(status="open").count() == 1
    decide(f"discrepancy.{how}", again, payload(the(row.kind)), people)
    assert not broken_invariants()
    assert not Discrepancy.objects.filter(status="open").exists()


def test_what_came_after_all_agrees_once_the_write_off_is_taken_back(account, people):
    payment = paid(account, amount=700)
    stage_and_match(account, "null")
    row = the("unknown_to_them")
    decide("discrepancy.write_off", row, writing_off(row), people)
    stage_and_match(account, line_of(payment), day=DAY + timedelta(days=1))
    assert Discrepancy.objects.get(status="open").value_at_risk == -700

    take_back(row, people)

    assert not Discrepancy.objects.filter(status="open").exists()
    assert not broken_invariants()


def test_what_a_withdrawn_report_does_not_say_any_more_is_not_open_again(account, people):
    row = lost(account)
    decide("discrepancy.write_off", row, writing_off(row), people)
    withdraw_statement(
        statement_id=row.statement_id, reason="x", requested_by=people[0], approved_by=people[1],
        now=NOW,
    )  # fmt: skip
    match(row.statement, now=NOW)

    take_back(row, people)

    assert not Discrepancy.objects.filter(status="open", attempt_id=row.attempt_id).exists()
    assert not broken_invariants()


def test_what_was_booked_last_of_the_same_money_is_taken_back_first(account, people):
    payment = paid(account, amount=700)
    stage_and_match(account, "null")
    first = the("unknown_to_them")
    decide("discrepancy.write_off", first, writing_off(first), people)
    stage_and_match(account, line_of(payment), day=DAY + timedelta(days=1))
    gain = Discrepancy.objects.get(status="open")
    decide("discrepancy.write_off", gain, writing_off(gain), people)
    Discrepancy.objects.filter(pk=first.pk).update(closed_at=NOW - timedelta(hours=1))

    with pytest.raises(CorrectionRefused, match=gain.public_id):
        take_back_transfer(taking_back(booked_of(first)), **BY)

    take_back(gain, people)
    take_back(first, people)
    assert not Discrepancy.objects.filter(status="open").exists()
    assert not broken_invariants()


def test_taken_back_is_taken_back_once_and_not_booked_again_behind_the_desk(
    account, people, theirs
):
    decide("discrepancy.write_off", theirs, writing_off(theirs), people)
    take_back(theirs, people)
    reversal = find_corrections(of_source_id=theirs.pk)[0].transfer

    with pytest.raises(AlreadyReversed):
        take_back_transfer(taking_back(booked_of(theirs)), **BY)
    with pytest.raises(CorrectionRefused, match="desk"):
        take_back_transfer(taking_back(reversal), **BY)


@pytest.mark.django_db(transaction=True)
def test_who_is_killed_while_taking_back_has_done_nothing(account, people, theirs):
    decide("discrepancy.write_off", theirs, writing_off(theirs), people)
    connection.close()
    payload = taking_back(booked_of(theirs))
    by = {**BY, "requested_by": f"user:{people[0].pk}"}

    def run():
        take_back_transfer(payload, **by)
        connection.close()

    assert is_killed_at("discrepancies.take_back.after_booking", run)
    theirs.refresh_from_db()
    assert (theirs.status, find_corrections()) == ("written_off", [])
    run()
    assert the("unknown_to_us").line_id == theirs.line_id
