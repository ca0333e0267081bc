"""Merchants are reminded in time, and what they do not answer is decided all the same."""

from datetime import timedelta

import pytest

from apps.core import database_clock
from apps.core.work.topics import routes
from apps.disputes.models import Dispute
from apps.disputes.services.add_evidence import add_evidence
from apps.disputes.services.submit_evidence import submit_evidence
from apps.orchestration.models import StatusChange
from apps.webhooks.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(clock):
    """Do what is due of disputes, as the workers do; how many there were."""

    def run():
        route = routes()["dispute.follow_up"]
        items = route.source.claim(limit=100, now=clock.now, done=[])
        for item in items:
            route.load_handler()(item)
        return len(items)

    return run


def told(dispute):
    events = Event.objects.filter(object_id=dispute.pk).order_by("sequence")
    return [event.type.removeprefix("dispute.") for event in events]


def test_a_merchant_is_reminded_twice_and_then_it_is_decided_without_it(
    paid, dispute, clock, work, broken_books
):
    made = dispute(paid(), evidence_due_at=clock.now + timedelta(days=7))

    assert work() == 0
    clock.advance(hours=96)
    assert (work(), work()) == (1, 0)
    assert told(made) == ["opened", "evidence_due"]
    clock.advance(hours=48)
    assert (work(), work()) == (1, 0)
    assert told(made) == ["opened", "evidence_due", "evidence_due"]
    clock.advance(hours=23)
    assert work() == 0
    clock.advance(hours=1)
    assert (work(), work()) == (1, 0)

    made.refresh_from_db()
    assert (made.status, made.responded_at) == ("under_review", None)
    assert told(made)[-1] == "under_review"
    last = StatusChange.objects.filter(owner_id=made.pk).latest("sequence")
    assert (last.source, last.detail) == ("clock", "no response")
    assert broken_books() == {}


def test_a_short_date_is_told_by_what_is_left_of_it(paid, dispute, clock, work):
    made = dispute(paid(), evidence_due_at=clock.now + timedelta(hours=30))

    clock.advance(hours=5)
    assert work() == 0
    clock.advance(hours=1)
    assert work() == 1
    assert told(made) == ["opened", "evidence_due"]


def test_workers_that_were_away_tell_once(paid, dispute, clock, work):
    made = dispute(paid(), evidence_due_at=clock.now + timedelta(days=7))

    clock.advance(days=30)
    assert work() == 1
    assert told(made) == ["opened", "under_review"]


def test_a_date_that_has_passed_already_is_not_waited_for(paid, dispute, clock, work):
    made = dispute(paid(), evidence_due_at=clock.now - timedelta(days=1))

    assert work() == 1
    assert told(made) == ["opened", "under_review"]


def test_who_answered_is_left_alone(paid, dispute, clock, work):
    made = dispute(paid())
    add_evidence(dispute_id=made.pk, texts={"explanation": "Sent."}, files=[], now=clock.now)
    submit_evidence(dispute_id=made.pk, source="api", now=clock.now)

    clock.advance(days=30)
    assert work() == 0
    assert told(made) == ["opened", "under_review"]


def test_who_answers_between_claim_and_work_is_left_alone(paid, dispute, clock):
    made = dispute(paid())
    clock.advance(days=6)
    source = routes()["dispute.follow_up"].source
    (item,) = source.claim(limit=100, now=clock.now, done=[])
    add_evidence(dispute_id=made.pk, texts={"explanation": "Sent."}, files=[], now=clock.now)
    submit_evidence(dispute_id=made.pk, source="api", now=clock.now)

    routes()["dispute.follow_up"].load_handler()(item)
    source.put_back(item, error="", now=clock.now)

    assert told(made) == ["opened", "under_review"]
    assert Dispute.objects.get().due_at is None


def test_the_work_of_a_worker_that_died_is_done_by_another(paid, dispute, clock, work):
    made = dispute(paid())
    clock.advance(days=6)
    assert routes()["dispute.follow_up"].source.claim(limit=100, now=clock.now, done=[])

    assert work() == 0
    clock.advance(minutes=10)
    assert work() == 1
    assert told(made) == ["opened", "evidence_due"]


def test_a_host_whose_clock_is_ahead_reminds_and_decides_nothing_early(
    paid, dispute, clock, monkeypatch
):
    made = dispute(paid(), evidence_due_at=clock.now + timedelta(days=7))
    clock.advance(hours=96)
    at = clock.now
    monkeypatch.setattr(database_clock, "now", lambda: at)
    route = routes()["dispute.follow_up"]
    (item,) = route.source.claim(limit=1, now=at, done=[])
    clock.advance(days=30)

    route.load_handler()(item)

    assert told(made) == ["opened", "evidence_due"]
    assert Event.objects.get(object_id=made.pk, sequence=2).created_at == at
