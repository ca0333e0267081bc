"""One reader for all streams of a process: what is new in the feed is read once and handed out.

Everything here runs on the event loop, so between two awaits nothing else happens: a stream that
joins at position p is handed everything after p, each entry once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable
from time import monotonic
from uuid import UUID

from django.db import Error as DatabaseError
from psycopg_pool import PoolTimeout

from apps.realtime.selectors.read_feed import Published, newest_position, read_feed
from apps.realtime.threads import HUB, in_thread

logger = logging.getLogger(__name__)

# A merchant and mode, or one object.
Subject = tuple[UUID, bool] | UUID

TICK_S = 1.0
PAGE = 500
# Entries that wait for a slow reader; then it has to come again.
WAITING_MAX = 1_000
# Longer without a look at the feed and this process is not healthy.
LOOKED_WITHIN_S = 5.0


class TooManyStreams(Exception):
    """This owner has as many streams on this process as it may have."""


class NotReady(Exception):
    """The feed could not be read yet."""


class Overrun(Exception):
    """The reader is too slow: entries would have to be dropped."""


class Subscription:
    """What one stream has yet to send. Made by Hub.join."""

    def __init__(
        self, subject: Subject, owner: str, types: Collection[str], joined_at: int
    ) -> None:
        self.subject, self.owner, self.joined_at = subject, owner, joined_at
        self._types = frozenset(types)
        self._waiting: deque[Published] = deque()
        self._news = asyncio.Event()
        self._is_overrun = False

    def offer(self, entry: Published) -> None:
        if self._is_overrun or (self._types and entry.type not in self._types):
            return
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.clear()
            self._is_overrun = True
        else:
            self._waiting.append(entry)
        self._news.set()

    def rejoin(self, position: int) -> bool:
        """Whether it was overrun; then it begins anew at this position, which is the hub's."""
        if not self._is_overrun:
            return False
        self._is_overrun, self.joined_at = False, position
        self._waiting.clear()
        return True

    async def take(self, *, timeout_s: float) -> list[Published]:
        """What has come, at once or as soon as there is some; nothing after `timeout_s`.

        Raises:
            Overrun: more came than is kept.
        """
        if not self._waiting and not self._is_overrun:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            except TimeoutError:
                return []
        self._news.clear()
        if self._is_overrun:
            raise Overrun
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class Hub:
    """The streams of this process, by what they follow.

    `on_followed` is called once there is a stream, and each second while there are any.
    """

    def __init__(self, on_followed: Callable[[], None]) -> None:
        self._on_followed = on_followed
        # Everything up to here was handed out; None until the feed could be read.
        self._position: int | None = None
        self._followers: dict[Subject, set[Subscription]] = {}
        self._owners: Counter[str] = Counter()
        self._bell = asyncio.Event()
        self._looked_at = 0.0

    @property
    def position(self) -> int:
        if self._position is None:
            raise NotReady
        return self._position

    @property
    def is_healthy(self) -> bool:
        return monotonic() - self._looked_at < LOOKED_WITHIN_S

    @property
    def count(self) -> int:
        return sum(self._owners.values())

    def notify(self) -> None:
        """There may be something new in the feed. On the event loop."""
        self._bell.set()

    def join(
        self, subject: Subject, *, owner: str, owner_max: int, types: Collection[str] = ()
    ) -> Subscription:
        """Be handed every entry of the subject after the present position.

        Args:
            owner: whose streams are counted together.
            types: only events of these; none named, all.

        Raises:
            TooManyStreams: the owner has `owner_max` already.
            NotReady: the feed could not be read yet.
        """
        if self._owners[owner] >= owner_max:
            raise TooManyStreams
        subscription = Subscription(subject, owner, types, self.position)
        self._followers.setdefault(subject, set()).add(subscription)
        self._owners[owner] += 1
        # The position may be a second old while nobody follows.
        self.notify()
        return subscription

    def leave(self, subscription: Subscription) -> None:
        followers = self._followers.get(subscription.subject, set())
        if subscription not in followers:
            return
        followers.discard(subscription)
        if not followers:
            del self._followers[subscription.subject]
        self._owners[subscription.owner] -= 1
        if not self._owners[subscription.owner]:
            del self._owners[subscription.owner]

    async def run(self) -> None:
        """Read and hand out, until cancelled."""
        said_at = 0.0
        while True:
            if self._followers and monotonic() - said_at >= TICK_S:
                said_at = monotonic()
                self._on_followed()
            try:
                if not await self.look():
                    await self._wait()
            except (DatabaseError, PoolTimeout) as error:
                logger.warning("the feed is not read", extra={"error": type(error).__name__})
                await asyncio.sleep(TICK_S)
            except Exception:
                # Without it every stream of this process would stand still.
                logger.exception("handing out failed")
                await asyncio.sleep(TICK_S)

    async def look(self) -> bool:
        """Hand out what is new; whether there may be more already."""
        self._bell.clear()
        if self._position is None or not self._followers:
            newest = await in_thread(newest_position, HUB)
            self._looked_at = monotonic()
            # Who joined meanwhile, joined at the old position.
            if self._position is None or not self._followers:
                self._position = newest
            return False
        after = self._position
        page = await in_thread(lambda: read_feed(after=after, limit=PAGE), HUB)
        self._looked_at = monotonic()
        self._hand_out(page)
        return len(page) == PAGE

    def _hand_out(self, page: Iterable[Published]) -> None:
        for entry in page:
            for subject in ((entry.merchant_id, entry.livemode), entry.object_id):
                for follower in self._followers.get(subject, ()):
                    follower.offer(entry)
            self._position = entry.position

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(TICK_S):
                await self._bell.wait()
        except TimeoutError:
            return
