"""The list to read on in: what is committed late comes at its end, not where nobody looks again."""

from __future__ import annotations

import pytest

from apps.merchants import scopes
from tests.api.conftest import Shop, refusal
from tests.realtime.conftest import event_of, insert

FEED = "/api/v1/events/feed"


def ids(page):
    return [event["id"] for event in page["data"]]


def read_on(shop, after, limit=2):
    """Page by page after what one has, to the end."""
    found = []
    while True:
        page = shop.get(FEED, limit=limit, **({"after": after} if after else {})).json()
        found += ids(page)
        if not page["has_more"]:
            return found
        after = found[-1]


def test_what_is_committed_late_is_not_missed_by_who_reads_on(shop, placer, writers):
    merchant = shop.merchant
    early, late = event_of(merchant), event_of(merchant)
    assert early.id < late.id
    insert(writers[0], early)
    insert(writers[1], late)
    writers[1].commit()
    placer.place()
    first = read_on(shop, "")

    writers[0].commit()
    placer.place()

    assert first == [late.public_id]
    assert read_on(shop, first[-1]) == [early.public_id]
    # The list in the order of creation shows it now, below what was read.
    assert ids(shop.get("/api/v1/events").json()) == [late.public_id, early.public_id]
    assert ids(shop.get("/api/v1/events", starting_after=early.public_id).json()) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_have_every_event_once_in_the_order_of_commits(shop, placer, writers, limit):
    events = [event_of(shop.merchant) for _ in writers]
    order = [2, 0, 3, 1]
    for writer, event in zip(writers, events, strict=True):
        insert(writer, event)
    for number in order:
        writers[number].commit()
        placer.place()

    assert read_on(shop, "", limit) == [events[number].public_id for number in order]


def test_an_event_without_a_place_yet_has_nothing_after_it(shop, placer):
    placed, told = event_of(shop.merchant), event_of(shop.merchant)
    placed.save(force_insert=True)
    placer.place()
    told.save(force_insert=True)

    assert shop.get(FEED, after=told.public_id).json()["data"] == []
    assert read_on(shop, placed.public_id) == []
    placer.place()
    assert read_on(shop, placed.public_id) == [told.public_id]


def test_nobody_reads_anothers_events_or_the_other_modes(shop, placer, merchant):
    own, live = event_of(merchant), event_of(merchant, livemode=True)
    for event in (own, live):
        event.save(force_insert=True)
    placer.place()
    other = Shop()

    assert read_on(shop, "") == [own.public_id]
    assert read_on(other, "") == []
    for reader, after in ((other, own), (shop, live)):
        answer = reader.get(FEED, after=after.public_id)
        assert refusal(answer)[:2] == (409, "resume_unknown")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"after": "evt_1"}, (409, "resume_unknown")),
        ({"after": "pay_00000000000000000000000000"}, (409, "resume_unknown")),
        ({"after": ["evt_1", "evt_2"]}, (400, "invalid_parameter")),
        ({"limit": "0"}, (400, "invalid_page")),
        ({"limit": "101"}, (400, "invalid_page")),
        ({"starting_after": "evt_1"}, (400, "unknown_parameter")),
        ({"type": "payment.*"}, (400, "unknown_parameter")),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(shop, query, code):
    assert refusal(shop.get(FEED, **query))[:2] == code


def test_it_takes_the_scope_of_events(merchant):
    reader = Shop(merchant, scopes=[scopes.PAYMENTS_READ])

    assert refusal(reader.get(FEED))[:2] == (403, "scope_missing")
