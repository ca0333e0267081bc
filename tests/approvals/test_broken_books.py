"""Whatever a hand in the database does to a decision, the check of the books names it."""

import pytest
from django.db import connection
from django.utils import timezone

from apps.approvals.invariants import INVARIANTS
from apps.approvals.models import Approval
from apps.reconciliation.tests.corruption import lift_safeguards
from tests.approvals.test_decisions import stand_in
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

DECISION = "UPDATE approvals_approvaldecision SET {} WHERE request_id = %(done)s AND step = 2"
REQUEST = "UPDATE approvals_approvalrequest SET {} WHERE id = %(done)s"
# What is done -> the place in the list of the invariant that finds it.
CORRUPTIONS = {
    "a decision less": (
        0,
        "DELETE FROM approvals_approvaldecision WHERE request_id = %(done)s AND step = 2",
    ),
    "a step more": (0, REQUEST.format("steps = '[null, null, null]'")),
    "by who asked": (0, DECISION.format("person_id = %(asked)s")),
    "in the name of who asked": (0, DECISION.format("stands_for_id = %(asked)s")),
    "a step left out": (0, DECISION.format("step = 3")),
    "done and not ended": (
        0,
        REQUEST.format("status = 'pending', decided_by_id = NULL, decided_at = NULL"),
    ),
    "counted again by a stand-in": (1, DECISION.format("stands_for_id = %(first)s")),
    "rejected by nobody": (2, REQUEST.format("status = 'rejected'")),
    "asked by nobody, of nothing": (
        3,
        REQUEST.format(
            "status = 'pending', decided_by_id = NULL, decided_at = NULL, requested_by_id = NULL"
        ),
    ),
    "never ended": (4, "UPDATE approvals_approval SET due_at = now() - interval '1 hour'"),
    "rejected and approved": (
        2,
        "UPDATE approvals_approvaldecision SET request_id = %(done)s WHERE NOT is_approved",
    ),
}


@pytest.fixture
def books(person, rule, ask, decide):
    rule((2, None))
    awa, binta, chidi = person("awa"), person("binta"), person("chidi")
    stand_in(binta, chidi)
    done, rejected = ask(awa), ask(awa, "thing_2")
    decide(done, binta)
    decide(done, chidi)
    decide(rejected, binta, is_approved=False, reason="No.")
    Approval.objects.create(
        merchant=MerchantFactory(),
        livemode=False,
        action="test.do",
        target="thing_3",
        amount=1,
        currency="XAF",
        digest=b"",
        status="expired",
        made_by="key:1",
        requested_by="key:1",
        requested_at=timezone.now(),
        expires_at=timezone.now(),
        decided_at=timezone.now(),
    )
    lift_safeguards()
    with connection.cursor() as cursor:
        for table in ("request", "decision"):
            cursor.execute(f"ALTER TABLE approvals_approval{table} DISABLE TRIGGER USER")
    return {"done": done.pk, "asked": awa.pk, "first": binta.pk}


def test_clean_books_raise_no_alarm(books, broken_books):
    assert broken_books() == {}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_what_was_done_to_it_is_found(books, broken_books, name):
    number, statement = CORRUPTIONS[name]
    with connection.cursor() as cursor:
        cursor.execute(statement, books)

    assert INVARIANTS[number].name in broken_books(among=INVARIANTS)


def test_each_invariant_is_broken_by_something():
    assert {number for number, _ in CORRUPTIONS.values()} == set(range(len(INVARIANTS)))
