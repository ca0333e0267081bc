"""A request is done by its last step: each by another person, none of them who asked."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from apps.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalStandIn
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.services.decide_approval import (
    ApprovalByTheSamePerson,
    ApprovalCountedAlready,
    ApprovalNotPending,
    ApprovalStepOfOthers,
)
from apps.approvals.services.request_approval import ApprovalReasonMissing, request_approval
from apps.audit.models import AuditEntry
from apps.core.errors import DomainError
from apps.ledger.rules.corrections import read_evidence
from apps.reconciliation.services.record_decision import read_reason
from apps.settlement.rules.check_reason import check_reason as of_settlements
from apps.statement_sources.rules.check_reason import check_reason as of_sources
from tests.approvals.conftest import DONE, MadeByHer

pytestmark = pytest.mark.django_db


def test_the_last_step_does_it(person, rule, ask, decide, broken_books):
    rule((1, "finance"), (1, "directors"))
    awa, binta, chidi = person("awa"), person("binta", "finance"), person("chidi", "directors")
    request = ask(awa)

    assert decide(request, binta).status == "pending"
    assert DONE == []
    assert decide(request, chidi).status == "approved"

    assert [f"user:{chidi.pk}"] == DONE
    assert list(request.decisions.order_by("step").values_list("step", "person_id")) == [
        (1, binta.pk),
        (2, chidi.pk),
    ]
    acts = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert acts == ["test.do.request", "test.do.approve_step", "test.do.approve"]
    assert broken_books() == {}


@pytest.mark.parametrize("check", [read_reason, of_settlements, of_sources, read_evidence])
def test_a_reason_is_what_a_person_reads(check):
    """Who approves it is shown all of it, in the order in which it stands there."""
    for nothing in ("", " ", "\u200b\u2060", "\u202e", "\0", "x" * 301):
        with pytest.raises(DomainError):
            check(nothing)

    assert check("As \u202esigned\u2066 by\0 both\n") == "As signed by both"


def test_an_act_that_this_release_does_not_know_is_rejected_and_never_approved(
    person, ask, decide, monkeypatch
):
    awa, binta = person("awa"), person("binta")
    request = ask(awa)
    monkeypatch.delitem(approvable_actions(), "test.do")

    with pytest.raises(ApprovalNotPending):
        decide(request, binta)

    assert not request.decisions.exists()
    assert decide(request, binta, is_approved=False, reason="Of no use").status == "rejected"


def test_who_asks_and_who_rejects_say_something(person, decide):
    awa, binta = person("awa"), person("binta")
    said = {
        "action": "test.do", "target": "thing_1", "payload": {}, "requested_by": awa,
        "now": timezone.now(),
    }  # fmt: skip

    with pytest.raises(ApprovalReasonMissing):
        request_approval(**said, reason="\u200b\u2060")
    request = request_approval(**said, reason="\u202eAs agreed")
    with pytest.raises(ApprovalReasonMissing):
        decide(request, binta, is_approved=False, reason="\u2060")

    request.refresh_from_db()
    assert (request.reason, request.status) == ("As agreed", "pending")


def test_steps_are_done_in_their_order_by_those_of_their_role(person, rule, ask, decide):
    rule((1, "finance"), (1, "directors"))
    request = ask(person("awa"))

    with pytest.raises(ApprovalStepOfOthers):
        decide(request, person("chidi", "directors"))
    with pytest.raises(ApprovalStepOfOthers):
        decide(request, User.objects.create_superuser("root"))

    assert not request.decisions.exists()


def test_one_person_counts_once_and_never_who_asked(person, rule, ask, decide):
    rule((3, "finance"))
    awa, binta = person("awa", "finance"), person("binta", "finance")
    request = ask(awa)
    decide(request, binta)

    with pytest.raises(ApprovalCountedAlready):
        decide(request, binta)
    with pytest.raises(ApprovalByTheSamePerson):
        decide(request, awa)

    assert request.decisions.count() == 1


def test_whoever_made_the_thing_does_no_step_of_it_either(person, rule, ask, decide):
    rule((2, None))
    awa, binta, chidi = person("awa"), person("binta"), person("chidi")
    request = ask(awa, makers=[f"user:{binta.pk}"])

    with pytest.raises(MadeByHer):
        decide(request, binta)
    decide(request, chidi)
    with pytest.raises(MadeByHer):
        decide(request, binta)

    assert request.decisions.count() == 1


def test_any_step_can_reject_with_a_reason_even_who_approved_before(person, rule, ask, decide):
    rule((2, None))
    binta = person("binta")
    request = ask(person("awa"))
    decide(request, binta)

    with pytest.raises(ApprovalReasonMissing):
        decide(request, binta, is_approved=False)
    assert decide(request, binta, is_approved=False, reason="Line 2 twice").status == "rejected"

    assert request.decisions.get(is_approved=False).reason == "Line 2 twice"
    with pytest.raises(ApprovalNotPending):
        decide(request, person("chidi"))
    assert DONE == []


def test_after_a_day_no_step_is_done(person, rule, ask, decide):
    rule((2, None))
    request = ask(person("awa"))
    decide(request, person("binta"))

    with pytest.raises(ApprovalNotPending):
        decide(request, person("chidi"), now=timezone.now() + timedelta(hours=24))


# --- Absence


def stand_in(person, other, *, days=1, begins=-1):
    now = timezone.now()
    return ApprovalStandIn.objects.create(
        person=person,
        stand_in=other,
        from_at=now + timedelta(days=begins),
        until_at=now + timedelta(days=days),
    )


def test_a_stand_in_decides_for_who_is_away_and_both_count_once(person, rule, ask, decide):
    rule((2, "finance"))
    awa, binta, other = person("awa"), person("binta", "finance"), person("other")
    stand_in(binta, other)
    request = ask(awa)

    decide(request, other)

    decision = request.decisions.get()
    assert (decision.person_id, decision.stands_for_id) == (other.pk, binta.pk)
    for again in (binta, other):
        with pytest.raises(ApprovalCountedAlready):
            decide(request, again)


def test_nobody_stands_in_for_who_asked_nor_does_who_asked(person, rule, ask, decide):
    rule((1, "finance"))
    awa, binta = person("awa", "finance"), person("binta", "finance")
    other = person("other")
    stand_in(awa, other)
    stand_in(binta, awa)
    request = ask(awa)

    with pytest.raises(ApprovalStepOfOthers):
        decide(request, other)
    with pytest.raises(ApprovalByTheSamePerson):
        decide(request, awa)


def test_nobody_stands_in_for_who_made_the_thing(person, rule, ask, decide):
    rule((1, "finance"))
    binta, other = person("binta", "finance"), person("other")
    stand_in(binta, other)
    request = ask(person("awa"), makers=[f"user:{binta.pk}"])

    with pytest.raises(MadeByHer):
        decide(request, other)


@pytest.mark.parametrize("period", [{"begins": 1, "days": 2}, {"begins": -2, "days": -1}])
def test_a_stand_in_of_another_time_is_none(person, rule, ask, decide, period):
    rule((1, "finance"))
    binta, other = person("binta", "finance"), person("other")
    stand_in(binta, other, **period)

    with pytest.raises(ApprovalStepOfOthers):
        decide(ask(person("awa")), other)


@pytest.mark.parametrize("gone", ["is_active", "is_staff", "the right"])
def test_nobody_stands_in_for_who_may_no_longer_decide_herself(person, rule, ask, decide, gone):
    rule((1, "finance"))
    binta, other = person("binta", "finance"), person("other")
    stand_in(binta, other)
    if gone == "the right":
        binta.user_permissions.clear()
    else:
        setattr(binta, gone, False)
        binta.save()

    with pytest.raises(ApprovalStepOfOthers):
        decide(ask(person("awa")), other)


# --- Whatever is written to the database


def write(request, step, by, *, stands_for=None, is_approved=True):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO approvals_approvaldecision (id, request_id, step, is_approved, person_id,"
            " stands_for_id, reason, decided_at) VALUES (%s, %s, %s, %s, %s, %s, '', now())",
            [uuid4(), request.pk, step, is_approved, by.pk, stands_for and stands_for.pk],
        )


def test_no_sql_makes_one_person_two_or_who_asked_another(person, rule, ask):
    rule((1, "finance"), (1, None), (1, None))
    awa, binta = person("awa", "finance"), person("binta", "finance")
    chidi, dede = person("chidi"), person("dede")
    stand_in(binta, chidi)
    request = ask(awa)

    def refused(*args, **more):
        with pytest.raises(IntegrityError):
            write(request, *args, **more)

    refused(1, awa)
    refused(1, chidi)
    refused(2, binta)
    refused(1, dede, stands_for=binta)
    refused(1, chidi, stands_for=awa)
    write(request, 1, chidi, stands_for=binta)
    refused(2, binta)
    refused(2, chidi)
    refused(1, dede)
    write(request, 2, dede)
    refused(3, dede)
    refused(4, person("last"))


@pytest.mark.parametrize(
    "change",
    [
        "status = 'approved', decided_by_id = %(other)s, decided_at = now()",
        "status = 'rejected', decided_by_id = %(other)s, decided_at = now()",
        "steps = '[null]'",
        "steps = '[]'",
        "requested_by_id = %(other)s",
    ],
)
def test_no_sql_ends_a_request_that_its_steps_have_not(person, rule, ask, change):
    rule((2, None))
    request = ask(person("awa"))
    write(request, 1, person("binta"))

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE approvals_approvalrequest SET {change} WHERE id = %(id)s",
            {"id": request.pk, "other": person("chidi").pk},
        )


def test_no_sql_writes_what_is_decided_already_or_changes_a_decision(person, ask, decide):
    awa, binta = person("awa"), person("binta")
    request = ask(awa)
    decide(request, binta)

    for statement in (
        "UPDATE approvals_approvaldecision SET person_id = person_id",
        "UPDATE approvals_approvalrequest SET status = 'pending', decided_by_id = NULL,"
        " decided_at = NULL",
        "INSERT INTO approvals_approvalrequest SELECT gen_random_uuid(), action, target, payload,"
        " digest, reason, status, requested_at, expires_at, decided_at, decided_by_id,"
        " requested_by_id FROM approvals_approvalrequest",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_request_that_is_deleted_takes_its_decisions_along(person, ask, decide):
    decide(ask(person("awa")), person("binta"))

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM approvals_approvalrequest")

    assert not ApprovalDecision.objects.exists()


def test_in_500_tries_nobody_approves_what_she_asked_for(person, rule, ask, decide):
    """By the service and by SQL, in ways drawn at random; the others' approvals between them."""
    drawn = random.Random(20_261_126)
    rule((2, "finance"))
    awa, binta, chidi = (person(name, "finance") for name in ("awa", "binta", "chidi"))
    stand_in(binta, awa)
    stand_in(awa, chidi)
    request = ask(awa)
    decide(request, binta)
    for _ in range(500):
        step = drawn.randint(1, 3)
        try:
            match drawn.randrange(5):
                case 0:
                    decide(request, awa)
                case 1:
                    write(request, step, awa, stands_for=drawn.choice([None, binta, chidi]))
                case 2:
                    write(request, step, drawn.choice([binta, chidi]), stands_for=awa)
                case 3:
                    write(request, step, binta, stands_for=drawn.choice([None, awa]))
                case _:
                    with transaction.atomic():
                        ApprovalRequest.objects.filter(pk=request.pk).update(
                            status="approved",
                            decided_by=drawn.choice([awa, binta, chidi]),
                            decided_at=timezone.now(),
                        )
        except (DomainError, DatabaseError):
            continue
        pytest.fail("it was taken")

    request.refresh_from_db()
    assert (request.status, request.decisions.count()) == ("pending", 1)


@pytest.mark.django_db(transaction=True)
def test_100_approvals_at_once_do_it_once(person, rule, ask, decide):
    rule((2, None))
    request = ask(person("awa"))
    people = [person(f"p{number}") for number in range(100)]

    def approve(one):
        try:
            return decide(request, one).status
        except ApprovalNotPending:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        ends = list(pool.map(approve, people))

    assert sorted(ends) == ["approved", "pending", *["refused"] * 98]
    assert request.decisions.count() == 2
