"""Two officers at one row, and a process that dies between the approval and the act."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import decide_approval
from apps.approvals.services.request_approval import request_approval
from apps.core import failpoints
from apps.core.errors import DomainError
from apps.ledger.selectors.list_transfers import list_transfers
from apps.payments.models import Payment
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent, HandMatch
from apps.reconciliation.services.decide_together import decide_together
from apps.reconciliation.services.expect_later import expect_later
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.reconciliation.services.undo_decision import undo_decision
from tests.factories import PaymentFactory, ProviderAccountFactory
from tests.killed import is_killed_at

from .reports import DAY, NOON, NOW, foreign_line, stage_and_match
from .test_desk_decisions import matching, snapshot, writing_off

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people():
    return [User.objects.create_user(name, is_staff=True) for name in ("awa", "binta")]


@pytest.fixture
def row():
    """A stranger's line, and a payment that no report has."""
    account = ProviderAccountFactory()
    PaymentFactory(succeeded=True, account=account, created_at=NOON, amount=700, fee=0)
    stage_and_match(account, foreign_line())
    return Discrepancy.objects.get(kind="unknown_to_us")


def ask_for(action, row, payload, people):
    request = request_approval(
        action=action,
        target=row.public_id,
        payload=payload,
        reason="Seen with the bank.",
        requested_by=people[0],
        now=NOW,
    )
    return {
        "request_id": request.pk,
        "is_approved": True,
        "shown_digest": bytes(request.digest),
        "decided_by": people[1],
        "now": NOW,
    }


def payment_of(row):
    return Payment.objects.get()


PLACES = {
    "discrepancies.match.before_match": "discrepancy.match",
    "discrepancies.write_off.after_booking": "discrepancy.write_off",
    "discrepancies.undo.before_match": "undo",
}


@pytest.mark.parametrize("place", PLACES)
def test_an_act_killed_after_its_approval_left_nothing_and_is_done_again(row, people, place):
    act = PLACES[place]
    is_write_off = act == "discrepancy.write_off"
    payload = writing_off(row) if is_write_off else matching(row, payment_of(row))
    name = "discrepancy.match" if act == "undo" else act
    decided = ask_for(name, row, payload, people)
    run, values = decide_approval, decided
    if act == "undo":
        decide_approval(**decided)
        decision_id = HandMatch.objects.get().decision_id
        run = undo_decision
        values = {"decision_id": decision_id, "undone_by": people[0], "now": NOW}
    before = snapshot()
    events = DiscrepancyEvent.objects.count()

    assert is_killed_at(place, lambda: run(**values))

    assert snapshot() == before
    assert DiscrepancyEvent.objects.count() == events
    assert not list_transfers(source_id=row.pk)
    if act != "undo":
        assert ApprovalRequest.objects.get().status == "pending"
    run(**values)
    assert snapshot() != before
    with pytest.raises(DomainError):
        run(**values)
    assert len(list_transfers(source_id=row.pk)) == int(is_write_off)


def test_every_place_of_the_desk_has_its_victim():
    assert {one for one in failpoints.NAMES if one.startswith("discrepancies.")} == {
        *PLACES,
        # In test_correct_ledger.
        "discrepancies.correct.after_booking",
        # In test_take_back.
        "discrepancies.take_back.after_booking",
    }


def in_two_threads(*works):
    """What each of them raised, or gave."""
    gate = threading.Barrier(len(works))
    found = {}

    def run(number, work):
        try:
            gate.wait()
            found[number] = work()
        except DomainError as refusal:
            found[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [found[number] for number in range(len(works))]


def test_of_two_officers_at_one_row_one_decides_and_the_other_is_told(row, people):
    awa, binta = people

    found = in_two_threads(
        lambda: resolve_discrepancy(
            discrepancy_id=row.pk, reason="Mine.", resolved_by=awa, now=NOW, sequence=0
        ),
        lambda: expect_later(
            discrepancy_id=row.pk,
            until=DAY.replace(day=20),
            reason="Later.",
            decided_by=binta,
            now=NOW,
            sequence=0,
        ),
    )

    refused = [one for one in found if isinstance(one, DomainError)]
    assert [one.code for one in refused] in (["discrepancy_closed"], ["discrepancy_moved"])
    assert DiscrepancyEvent.objects.filter(discrepancy=row).count() == 1


def test_two_officers_with_the_same_hundred_never_wait_for_each_other_for_ever(people):
    account = ProviderAccountFactory()
    lines = [foreign_line(provider_reference=f"TX-{n}") for n in range(40)]
    stage_and_match(account, *lines)
    shown = dict(Discrepancy.objects.values_list("pk", "sequence"))
    backwards = dict(reversed(shown.items()))

    found = in_two_threads(
        *(
            lambda person=person, rows=rows: decide_together(
                resolve_discrepancy, shown=rows, reason="One shop's.", resolved_by=person, now=NOW
            )
            for person, rows in zip(people, (shown, backwards), strict=True)
        )
    )

    assert sorted(one.done for one in found) == [0, 40]
    assert {len(one.left_out) for one in found} == {0, 40}
    assert DiscrepancyEvent.objects.count() == 40
