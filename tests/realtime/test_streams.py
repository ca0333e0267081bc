"""What a merchant's streams give, and to whom."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import AsyncExitStack

import pytest
from django.db.models import Count, Max
from django.utils import timezone

from apps.core.public_ids import encode_id, new_id
from apps.core.ttl_cache import clear_all
from apps.core.work import wake_up
from apps.merchants.scopes import PAYMENTS_READ
from apps.merchants.services.revoke_api_key import revoke_api_key
from apps.realtime import hub, notifications, sequencer
from apps.realtime.models import FeedEntry
from apps.realtime.selectors import read_feed
from apps.realtime.selectors.read_feed import ALL, BEFORE_ALL
from apps.realtime.streams import connection, event_socket, event_source, following
from apps.realtime.threads import in_thread
from apps.webhooks.models import Event
from tests.api.conftest import Shop
from tests.fakes import open_account
from tests.oauth.conftest import Program, as_header, make_application, make_registered
from tests.realtime.process import PATIENCE_S, connect, live, until

SOCKET = "/ws/v1/events"
STREAM = "/api/v1/events/stream"
TICKETS = "/api/v1/realtime/tickets"
BEGINNING = encode_id("evt", BEFORE_ALL)


@pytest.fixture
def told(merchant, tell):
    """Commit an event of the merchant from within a scenario."""

    async def told(**what):
        return await in_thread(lambda: tell(what.pop("merchant", merchant), **what))

    return told


async def all_placed(realtime):
    """The hub has passed every event. Positions go on where an earlier feed ended, so that no
    number of events says it."""

    def newest():
        placed = FeedEntry.objects.aggregate(many=Count("pk"), last=Max("position"))
        return placed["last"] if placed["many"] == Event.objects.count() else ALL

    async with asyncio.timeout(PATIENCE_S):
        while realtime.hub.position < await in_thread(newest):
            await asyncio.sleep(0.01)


def test_an_event_comes_as_its_webhook_does(shop, told):
    async def scenario(realtime):
        async with connect(realtime, key=shop.key) as socket:
            opening = await socket.object()
            event_id = await told()
            event = await socket.object()

        assert opening == {"object": "stream", "livemode": False, "after": BEGINNING}
        assert event["object"] == "event"
        assert event["id"] == event_id
        assert event["data"] == {"note": "déjà vu"}

    live(scenario)


def test_a_payment_made_by_the_api_is_told(shop, provider):
    open_account()

    async def scenario(realtime):
        async with connect(realtime, key=shop.key) as socket:
            await socket.object()
            answer = await in_thread(shop.post)
            event = await socket.object()

        assert answer.status_code == 201
        assert event["type"] == "payment.created"
        assert event["data"] == answer.json()

    live(scenario)


def test_the_same_events_come_as_server_sent_events(shop, told):
    async def scenario(realtime):
        async with connect(realtime, STREAM, key=shop.key) as source:
            opening = await source.event()
            first, second = await told(), await told()
            came = [await source.event(), await source.event()]

        assert source.status == 200
        assert source.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert opening["event"] == "stream" and opening["id"] == BEGINNING
        assert [event["id"] for event in came] == [first, second]
        assert [json.loads(event["data"])["id"] for event in came] == [first, second]

    live(scenario)


def test_who_was_cut_off_goes_on_where_it_was(shop, told):
    async def scenario(realtime):
        async with connect(realtime, key=shop.key) as socket:
            before = (await socket.object())["after"]
            first = await told()
            assert await socket.events(1) == [first]
        missed = [await told() for _ in range(3)]

        async with connect(realtime, key=shop.key, after=first) as socket:
            assert (await socket.object())["after"] == first
            live_one = await told()
            assert await socket.events(4) == [*missed, live_one]
        async with connect(realtime, key=shop.key, after=before) as socket:
            await socket.object()
            assert await socket.events(5) == [first, *missed, live_one]
        # A browser repeats the address it was given, and says what it has in a header.
        async with connect(
            realtime, STREAM, key=shop.key, after=first, headers={"last-event-id": missed[1]}
        ) as source:
            await source.event()
            assert (await source.event())["id"] == missed[2]

    live(scenario)


def test_what_was_missed_may_be_longer_than_a_page(shop, told, monkeypatch):
    monkeypatch.setattr(following, "PAGE", 2)
    monkeypatch.setattr(hub, "WAITING_MAX", 3)

    async def scenario(realtime):
        ids = [await told() for _ in range(7)]
        await all_placed(realtime)
        # Nothing is read while more comes than is kept for it.
        async with connect(realtime, key=shop.key, after=BEGINNING, room=1) as socket:
            ids += [await told() for _ in range(9)]
            await all_placed(realtime)
            await socket.object()
            came = await socket.events(16)
            live_one = await told()

            assert came == ids
            assert await socket.events(1) == [live_one]

    live(scenario)


def test_only_the_types_asked_for_come(shop, told):
    async def scenario(realtime):
        async with (
            connect(realtime, key=shop.key, type="payment.failed") as socket,
            connect(realtime, key=shop.key, type="payment.*", after=BEGINNING) as all_of_kind,
        ):
            await socket.object()
            await all_of_kind.object()
            other = await told(type="api_key.created")
            paid, failed = await told(), await told(type="payment.failed")

            assert await socket.events(1) == [failed]
            assert await all_of_kind.events(2) == [paid, failed]
        async with connect(realtime, key=shop.key, type="payment.failed", after=other) as socket:
            await socket.object()
            assert await socket.events(1) == [failed]

    live(scenario)


def test_nobody_sees_what_is_another_merchants_or_of_the_other_mode(shop, merchant, told):
    live_shop, stranger = Shop(merchant, livemode=True), Shop()

    async def scenario(realtime):
        async with (
            connect(realtime, key=shop.key) as own,
            connect(realtime, key=live_shop.key) as of_live,
            connect(realtime, key=stranger.key) as of_stranger,
        ):
            for reader in (own, of_live, of_stranger):
                await reader.object()
            ids = [
                await told(),
                await told(livemode=True),
                await told(merchant=stranger.merchant),
            ]

            assert await own.events(1) == ids[:1]
            assert await of_live.events(1) == ids[1:2]
            assert await of_stranger.events(1) == ids[2:]
            assert own.said.empty() and of_live.said.empty() and of_stranger.said.empty()
        # Another's event is no place to go on from.
        async with connect(realtime, key=shop.key, after=ids[2]) as socket:
            assert await socket.closing() == (4409, "resume_unknown")
        async with connect(realtime, key=shop.key, after=ids[1]) as socket:
            assert await socket.closing() == (4409, "resume_unknown")

    live(scenario)


REFUSALS = {
    "no key": ({}, 401, "authentication_required"),
    "not a key": ({"key": "lomi_sk_test_nonsense"}, 401, "api_key_malformed"),
    "no such ticket": ({"ticket": "rtt_x"}, 401, "ticket_invalid"),
    "no such id": ({"after": "evt_x"}, 409, "resume_unknown"),
    "no such event": ({"after": encode_id("evt", new_id())}, 409, "resume_unknown"),
    "no such type": ({"type": "payment.nothing"}, 400, "unknown_event_type"),
    "no such parameter": ({"types": "payment.failed"}, 400, "unknown_parameter"),
    "no text": ({"type": "\x00"}, 400, "invalid_parameter"),
}


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_refusal_says_its_code(shop, name):
    wish, status, code = REFUSALS[name]
    if status != 401:
        wish = {"key": shop.key, **wish}

    async def scenario(realtime):
        async with connect(realtime, SOCKET, **wish) as socket:
            assert await socket.closing() == (4000 + status, code)
        async with connect(realtime, STREAM, **wish) as source:
            body = json.loads((await source.message())["body"])
            assert (source.status, body["code"]) == (status, code)
            assert source.headers["content-type"] == "application/problem+json"
        assert realtime.hub.count == 0

    live(scenario)


def test_a_key_without_the_scope_follows_nothing(merchant):
    shop = Shop(merchant, scopes=[PAYMENTS_READ])

    async def scenario(realtime):
        async with connect(realtime, key=shop.key) as socket:
            assert await socket.closing() == (4403, "scope_missing")

    live(scenario)


def test_a_revoked_key_loses_its_streams(shop, told, monkeypatch):
    monkeypatch.setattr(following, "CHECK_EVERY_S", 0.05)

    async def scenario(realtime):
        async with (
            connect(realtime, key=shop.key) as socket,
            connect(realtime, STREAM, key=shop.key) as source,
        ):
            await socket.object()
            await source.event()
            await in_thread(
                lambda: revoke_api_key(api_key_id=shop.api_key.pk, actor="test", now=timezone.now())
            )
            code, _ = await socket.closing()
            last = await source.event()

        assert code == 4401
        assert last["event"] == "problem"
        assert json.loads(last["data"])["status"] == 401
        assert realtime.hub.count == 0

    live(scenario)


def test_an_access_token_opens_a_stream_until_it_is_revoked(merchant, told, monkeypatch):
    monkeypatch.setattr(following, "CHECK_EVERY_S", 0.05)
    program = Program(make_application(merchant, scopes=["events:read"]))
    token = program.own_tokens(scope="events:read").json()["access_token"]

    async def scenario(realtime):
        async with connect(realtime, key=token) as socket:
            await socket.object()
            event_id = await told()
            assert await socket.events(1) == [event_id]
            await in_thread(lambda: program.post("revoke", {"token": token}))
            assert await socket.closing() == (4401, "access_token_revoked")

    live(scenario)


def test_a_certificate_opens_a_stream_for_itself_alone(merchant, told, settings, monkeypatch):
    monkeypatch.setattr(following, "CHECK_EVERY_S", 0.05)
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    (revoked, first), (_, second) = (
        make_registered(merchant, scopes=("events:read",)) for _ in range(2)
    )

    async def scenario(realtime):
        async with (
            connect(realtime, headers={"x-client-certificate": as_header(first)}) as lost,
            connect(realtime, headers={"x-client-certificate": as_header(second)}) as kept,
        ):
            await lost.object()
            await kept.object()
            await in_thread(lambda: type(revoked).objects.filter(pk=revoked.pk).delete())
            code, _ = await lost.closing()
            event_id = await told()
            assert code == 4401
            assert await kept.events(1) == [event_id]

    live(scenario)


def test_a_ticket_opens_one_stream_with_its_buyers_rights(shop, told):
    bought = shop.post({}, path=TICKETS)

    async def scenario(realtime):
        ticket = bought.json()["ticket"]
        async with connect(realtime, ticket=ticket) as socket:
            await socket.object()
            event_id = await told()
            assert await socket.events(1) == [event_id]
        async with connect(realtime, ticket=ticket) as socket:
            assert await socket.closing() == (4401, "ticket_invalid")

    live(scenario)
    assert bought.status_code == 201
    assert bought.json()["object"] == "realtime_ticket"
    assert bought.json()["url"].startswith("ws://")


def test_a_ticket_is_good_for_a_minute(shop):
    shop.post({}, path=TICKETS)

    (kept,) = wake_up.client().keys("realtime:ticket:*")
    assert 55_000 < wake_up.client().pttl(kept) <= 60_000


def test_a_ticket_in_redis_tells_nobody_the_key(shop):
    ticket = shop.post({}, path=TICKETS).json()["ticket"]

    (name,) = wake_up.client().keys("realtime:ticket:*")
    kept = wake_up.client().get(name)
    assert shop.key.encode() not in kept
    assert ticket.encode() not in name


def test_a_ticket_of_a_revoked_key_opens_nothing(shop):
    ticket = shop.post({}, path=TICKETS).json()["ticket"]
    revoke_api_key(api_key_id=shop.api_key.pk, actor="test", now=timezone.now())
    clear_all()

    async def scenario(realtime):
        async with connect(realtime, ticket=ticket) as socket:
            code, _ = await socket.closing()
        assert code == 4401

    live(scenario)


def test_silence_is_filled_with_heartbeats(shop, monkeypatch):
    monkeypatch.setattr(event_socket, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(event_source, "HEARTBEAT_S", 0.02)

    async def scenario(realtime):
        async with (
            connect(realtime, key=shop.key) as socket,
            connect(realtime, STREAM, key=shop.key) as source,
        ):
            await socket.object()
            await source.event()

            assert (await socket.object())["object"] == "heartbeat"
            assert (await source.message())["body"] == b": heartbeat\n\n"

    live(scenario)


def test_a_reader_too_slow_is_told_to_come_again(shop, told, monkeypatch):
    monkeypatch.setattr(hub, "WAITING_MAX", 5)

    async def scenario(realtime):
        async with connect(realtime, key=shop.key, room=1) as socket:
            await socket.object()
            # Who has heard one is past catching up, where an overrun is made good from the feed.
            ids = [await told()]
            came = [(await socket.object())["id"]]
            ids += [await told() for _ in range(13)]
            # Nothing is read until all of them wait.
            await all_placed(realtime)
            while "id" in (message := await socket.object()):
                came.append(message["id"])
            close = await socket.message()

        assert message["code"] == "reader_too_slow"
        assert close["code"] == 4408
        assert came == ids[: len(came)]
        async with connect(realtime, key=shop.key, after=came[-1]) as again:
            await again.object()
            assert await again.events(len(ids) - len(came)) == ids[len(came) :]

    live(scenario)


@pytest.mark.parametrize("path", [SOCKET, STREAM])
def test_a_reader_that_takes_nothing_is_left(shop, told, monkeypatch, path):
    for module in (event_socket, event_source):
        monkeypatch.setattr(module, "SEND_WITHIN_S", 0.05)
    monkeypatch.setattr(event_socket, "FAREWELL_S", 0.05)
    monkeypatch.setattr(connection, "FAREWELL_S", 0.05)

    async def scenario(realtime):
        async with connect(realtime, path, key=shop.key, room=1) as reader:
            await reader.message()
            async with asyncio.timeout(PATIENCE_S):
                while realtime.hub.count:
                    # Several at once may be one message.
                    await told()

    live(scenario)


def test_a_merchant_has_a_limited_number_of_streams(shop, monkeypatch):
    monkeypatch.setattr(following, "STREAMS_MAX", 2)
    stranger = Shop()

    async def scenario(realtime):
        async with connect(realtime, key=shop.key) as first, connect(realtime, key=shop.key):
            await first.object()
            async with connect(realtime, STREAM, key=shop.key) as third:
                assert third.status == 429
                assert third.headers["retry-after"]
            async with connect(realtime, key=stranger.key) as others:
                assert (await others.object())["object"] == "stream"
        async with connect(realtime, key=shop.key) as again:
            assert (await again.object())["object"] == "stream"

    live(scenario)


def test_an_event_known_before_its_place_in_the_feed_is_waited_for(shop, told, monkeypatch):
    async def scenario(realtime):
        await until(lambda: realtime._sequencer.is_leader)
        # As if another process led, and were late.
        await asyncio.to_thread(realtime._sequencer.stop)
        event_id = await told()
        async with connect(realtime, key=shop.key, after=event_id) as socket:
            await asyncio.sleep(0)
            other = type(realtime)()
            await other.start()
            try:
                assert (await socket.object())["after"] == event_id
            finally:
                await other.stop()

    live(scenario)


def test_who_knows_more_than_the_process_has_read_is_told_nothing_twice(shop, told, monkeypatch):
    real, stale, may_read = hub.read_feed, hub.newest_position(), threading.Event()
    monkeypatch.setattr(hub, "newest_position", lambda: stale)
    monkeypatch.setattr(
        hub, "read_feed", lambda **where: real(**where) if may_read.is_set() else []
    )

    async def scenario(realtime):
        first, last = await told(), await told()
        async with connect(realtime, key=shop.key, after=last) as socket:
            assert (await socket.object())["after"] == last
            may_read.set()
            new = await told()
            assert await socket.events(1) == [new]
        async with connect(realtime, key=shop.key, after=first) as socket:
            await socket.object()
            assert await socket.events(2) == [last, new]

    live(scenario)


def test_without_redis_events_come_within_seconds(shop, told, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    wake_up.client.cache_clear()
    wake_up._wake_script.cache_clear()
    try:

        async def scenario(realtime):
            async with connect(realtime, key=shop.key) as socket:
                await socket.object()
                event_id = await told()
                assert await socket.events(1) == [event_id]

        live(scenario)
    finally:
        wake_up.client.cache_clear()
        wake_up._wake_script.cache_clear()


def test_commits_are_listened_for_only_while_somebody_follows(shop, told, monkeypatch):
    """Hundreds a second would be heard for nobody."""
    monkeypatch.setattr(sequencer, "FOLLOWED_S", 1.5)
    # Channels are the whole server's, other tests' too.
    monkeypatch.setattr(notifications, "COMMITTED", f"committed {new_id()}")

    def listeners():
        ((_, count),) = wake_up.client().pubsub_numsub(notifications.COMMITTED)
        return count

    async def scenario(realtime):
        assert listeners() == 0
        async with connect(realtime, key=shop.key) as socket:
            await socket.object()
            await until(lambda: listeners() == 1)
            first = await told()
            assert await socket.events(1) == [first]
        await until(lambda: listeners() == 0)
        second = await told()
        async with connect(realtime, key=shop.key, after=first) as socket:
            await socket.object()
            assert await socket.events(1) == [second]

    live(scenario)


def test_other_addresses_are_refused(db):
    async def scenario(realtime):
        async with connect(realtime, "/ws/v1/other") as socket:
            message = await socket.message()
            assert (message["type"], message["code"]) == ("websocket.close", 4404)
        for path, method, status in (
            ("/api/v1/payments", "GET", 404),
            (STREAM, "POST", 405),
            ("/pay/nonsense/stream", "GET", 404),
            ("/health", "GET", 200),
        ):
            async with connect(realtime, path, method=method) as request:
                assert request.status == status, path

    live(scenario)


def test_the_web_process_names_the_address_of_the_streams(shop, settings):
    settings.REALTIME_URL = "http://127.0.0.1:8060"

    answer = shop.get(STREAM)

    assert answer.status_code == 421
    assert answer.json()["code"] == "use_realtime_address"
    assert answer["Link"] == '<http://127.0.0.1:8060/api/v1/events/stream>; rel="alternate"'


def test_the_hub_waits_for_no_history(shop, told, monkeypatch):
    """Every thread that reads what was missed is taken; what happens now is told all the same."""
    event_ids, gate = [], threading.Event()
    read = following.read_own_feed

    def read_when_let(**what):
        gate.wait(PATIENCE_S)
        return read(**what)

    monkeypatch.setattr(following, "read_own_feed", read_when_let)

    async def scenario(realtime):
        try:
            event_ids.append(await told())
            await all_placed(realtime)
            async with AsyncExitStack() as stack:
                waiting = [
                    await stack.enter_async_context(
                        connect(realtime, key=shop.key, after=BEGINNING)
                    )
                    for _ in range(12)
                ]
                for socket in waiting:
                    await socket.object()
                follower = await stack.enter_async_context(connect(realtime, key=shop.key))
                await follower.object()
                event_ids.append(await told())
                assert await follower.events(1) == event_ids[1:]
                gate.set()
                for socket in waiting:
                    assert await socket.events(2) == event_ids
        finally:
            gate.set()

    live(scenario)


def test_many_streams_of_one_merchant_leave_threads_for_the_others(shop, told, monkeypatch):
    other, gate = Shop(), threading.Event()
    read = following.read_own_feed

    def read_when_let(*, merchant_id, **what):
        if merchant_id == shop.merchant.pk:
            gate.wait(PATIENCE_S)
        return read(merchant_id=merchant_id, **what)

    monkeypatch.setattr(following, "read_own_feed", read_when_let)

    async def scenario(realtime):
        try:
            missed = await told(merchant=other.merchant)
            await told()
            await all_placed(realtime)
            async with AsyncExitStack() as stack:
                for _ in range(12):
                    socket = connect(realtime, key=shop.key, after=BEGINNING)
                    await (await stack.enter_async_context(socket)).object()
                its = await stack.enter_async_context(
                    connect(realtime, key=other.key, after=BEGINNING)
                )
                await its.object()
                assert await its.events(1) == [missed]
                gate.set()
        finally:
            gate.set()

    live(scenario)


def test_a_rare_type_is_sought_in_short_steps(shop, told, monkeypatch):
    monkeypatch.setattr(read_feed, "STEP", 5)
    steps = []
    read = following.read_own_feed

    def counted(**what):
        page, read_to = read(**what)
        steps.append(read_to - what["after"])
        return page, read_to

    monkeypatch.setattr(following, "read_own_feed", counted)

    async def scenario(realtime):
        for _ in range(12):
            await told()
        rare = await told(type="payment.failed")
        for _ in range(9):
            await told()
        await all_placed(realtime)
        async with connect(realtime, key=shop.key, after=BEGINNING, type="payment.failed") as it:
            await it.object()
            assert await it.events(1) == [rare]
            last = await told(type="payment.failed")
            assert await it.events(1) == [last]

    live(scenario)
    assert len(steps) >= 4
    # The first begins before anything of this merchant.
    assert max(steps[1:]) <= 5
