"""One merchant's stream: what it missed, then what comes, each event once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from apps.core.api.query_parameters import text, texts
from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id, encode_id
from apps.realtime.admission import (
    Admission,
    Away,
    Refused,
    admit,
    admit_again,
    read_query,
    refusal,
    refusing,
)
from apps.realtime.hub import Hub, NotReady, Subscription, TooManyStreams
from apps.realtime.selectors.read_feed import (
    Published,
    ResumeUnknown,
    newest_of,
    position_of,
    read_own_feed,
)
from apps.realtime.threads import in_thread
from apps.realtime.turns import Turns
from apps.webhooks.models import Event
from apps.webhooks.rules.subscriptions import expand_types

# Streams of one merchant on one process.
STREAMS_MAX = 50
# Entries read at once for who missed some.
PAGE = 200
# A credential is looked at again this often: a revoked one ends its streams within it.
CHECK_EVERY_S = 5.0
# An event may be known, by its webhook, before it has its place in the feed.
PLACED_WITHIN_S = 5.0
LOOK_AGAIN_S = 0.1


class TooSlow(DomainError):
    code = "reader_too_slow"
    status = 408
    title = "The events were not read as fast as they came."


class StreamLimit(DomainError):
    code = "too_many_streams"
    status = 429
    title = "The merchant has too many open streams."


class EventStream:
    """Made by `open_stream`; to be closed."""

    def __init__(
        self,
        hub: Hub,
        turns: Turns,
        admission: Admission,
        types: list[str],
        subscription: Subscription,
    ) -> None:
        self._hub, self._turns, self._admission, self._types = hub, turns, admission, types
        self._subscription = subscription
        self._position = subscription.joined_at
        self._check_at = monotonic() + CHECK_EVERY_S
        self.after = ""

    @property
    def livemode(self) -> bool:
        return self._admission.caller.livemode

    async def begin(self, after: str) -> None:
        """Go on after this event, or, if "", with what comes from now on.

        Raises:
            ResumeUnknown: no such event of this merchant and mode is in the feed.
        """
        own: dict[str, Any] = {
            "merchant_id": self._admission.caller.merchant.pk,
            "livemode": self.livemode,
        }
        if not after:
            until = self._position
            newest = await in_thread(lambda: newest_of(until=until, **own))
            self.after = encode_id("evt", newest)
            return
        try:
            event_id = decode_id("evt", after)
        except InvalidPublicId:
            raise ResumeUnknown("Send the id of an event: evt_ and 26 characters.") from None
        self._position = await _locate(event_id, own)
        self.after = after

    async def batches(self, *, quiet_s: float) -> AsyncIterator[list[Published]]:
        """The events, in order; an empty list when none came for `quiet_s`, also while what was
        missed is read: whoever hears nothing for long is cut off, and would begin anew.

        Raises:
            Refused: the credential is no longer good.
            Overrun: the reader is too slow.
        """
        async for page in self._missed(quiet_s):
            await self._check()
            yield page
        quiet_at = monotonic() + quiet_s
        while True:
            timeout_s = min(quiet_at, self._check_at) - monotonic()
            taken = await self._subscription.take(timeout_s=max(0.0, timeout_s))
            # Who resumes may know more than the hub has read when it joins.
            taken = [entry for entry in taken if entry.position > self._position]
            await self._check()
            if taken or monotonic() >= quiet_at:
                yield taken
                quiet_at = monotonic() + quiet_s

    def close(self) -> None:
        self._hub.leave(self._subscription)

    async def _missed(self, quiet_s: float) -> AsyncIterator[list[Published]]:
        """Everything up to where the subscription begins, which moves on when it is overrun."""
        quiet_at = monotonic() + quiet_s
        while True:
            until = self._subscription.joined_at
            while self._position < until:
                reading = asyncio.ensure_future(
                    self._turns.take(self._subscription.subject, partial(self._read, until))
                )
                try:
                    while not await _is_done(reading, by=quiet_at):
                        yield []
                        quiet_at = monotonic() + quiet_s
                    page, read_to = reading.result()
                finally:
                    reading.cancel()
                if page or monotonic() >= quiet_at:
                    yield page
                    quiet_at = monotonic() + quiet_s
                self._position = read_to
            if not self._subscription.rejoin(self._hub.position):
                return

    def _read(self, until: int) -> tuple[list[Published], int]:
        with refusing():
            return read_own_feed(
                merchant_id=self._admission.caller.merchant.pk,
                livemode=self.livemode,
                after=self._position,
                until=until,
                types=self._types,
                limit=PAGE,
            )

    async def _check(self) -> None:
        """Is the credential still good? Asked once for all streams of the same."""
        if monotonic() < self._check_at:
            return
        name = _credential(self._admission.scope)
        if monotonic() - _found_good.get(name, 0.0) >= CHECK_EVERY_S:
            try:
                await in_thread(lambda: admit_again(self._admission))
            except Refused as refused:
                # Nobody's key is worse for our database being away.
                if refused.status < 500:
                    raise
            if len(_found_good) > 10_000:
                _found_good.clear()
            _found_good[name] = monotonic()
        # Counted from that look, whichever stream it was for: none follows longer on a dead one.
        self._check_at = _found_good[name] + CHECK_EVERY_S


# When a credential was last found good.
_found_good: dict[int, float] = {}


async def open_stream(hub: Hub, turns: Turns, scope: Mapping[str, Any]) -> EventStream:
    """The stream that a request asks for.

    `type`: comma-separated types, "payment.*" for a kind; `after`, or the header Last-Event-ID,
    which a reconnecting browser sends: the last event it has.

    Raises:
        Refused: the request is not good enough, or the platform not ready.
    """
    admission = await in_thread(lambda: admit(scope))
    with refusing():
        query = read_query(scope, "ticket", "type", "after")
        types = expand_types(filter(None, texts(query, "type")), field="type")
        after = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
        merchant = admission.caller.merchant
        try:
            subscription = hub.join(
                (merchant.pk, admission.caller.livemode),
                owner=str(merchant.pk),
                owner_max=STREAMS_MAX,
                types=types,
            )
        except TooManyStreams:
            raise StreamLimit(f"At most {STREAMS_MAX}: close some.", retry_after_s=10) from None
        except NotReady:
            raise Away("Come again soon.", retry_after_s=2) from None
        stream = EventStream(hub, turns, admission, types, subscription)
        try:
            await stream.begin(after or text(query, "after"))
        except BaseException:
            stream.close()
            raise
        return stream


def too_slow() -> Refused:
    return refusal(TooSlow("Connect again after the last event you have: nothing is lost."))


async def _locate(event_id: UUID, own: Mapping[str, Any]) -> int:
    give_up_at = monotonic() + PLACED_WITHIN_S
    while True:
        position = await in_thread(lambda: position_of(event_id=event_id, **own))
        if position is not None:
            return position
        is_there = await in_thread(lambda: Event.objects.filter(pk=event_id, **own).exists())
        if not is_there or monotonic() > give_up_at:
            raise ResumeUnknown("List the events you miss: GET /api/v1/events.")
        await asyncio.sleep(LOOK_AGAIN_S)


async def _is_done(task: asyncio.Task[Any], *, by: float) -> bool:
    await asyncio.wait({task}, timeout=max(0.0, by - monotonic()))
    return task.done()


def _credential(scope: Mapping[str, Any]) -> int:
    """The same for requests that authentication cannot tell apart."""
    headers = [pair for pair in scope["headers"] if not pair[0].startswith(b"sec-websocket-")]
    return hash((tuple(headers), (scope.get("client") or [""])[0]))
