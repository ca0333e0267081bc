"""The access token of one account."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.providers.contract import Clock, HttpAnswer, NotSent

# Longer than any token answer we have heard of; the transport ends the fetch itself before.
WAIT_S_MAX = 40.0
# A day: longer is a slip that would overflow a date, or hide a revoked token for months.
LIFE_S_MAX = 86_400
# How long who fetches the next one ahead of time waits for it, before using the old one once more.
REFRESH_WAIT_S_MAX = 5.0
# A fetch ahead of time that failed is not tried at every call.
PAUSE = timedelta(seconds=5)
# A replacement that is refused as well, and this soon: the token is not what is wrong.
REPLACED_AGAIN_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """A token as the provider gave it. `life_s` counts from when it was asked for."""

    value: str
    life_s: float


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    refresh_at: datetime
    expires_at: datetime


class TokenCache:
    """One fetch serves all who wait for it, and so does its failure. Safe between threads.

    `fetch` asks the provider and raises NotSent; it runs on a thread of its own, so that nobody
    waits longer for it than he can. `early_s`: how long before its end a token is replaced, at
    most half its life.
    """

    def __init__(
        self, fetch: Callable[[], FetchedToken], *, clock: Clock, early_s: float = 60.0
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._early = timedelta(seconds=early_s)
        self._guard = threading.Lock()
        self._current: _Token | None = None
        self._under_way: Future[_Token] | None = None
        self._no_refresh_before: datetime | None = None
        self._replaced_at: datetime | None = None

    def call(
        self, send: Callable[[str], HttpAnswer], *, not_after: datetime | None = None
    ) -> HttpAnswer:
        """The answer to a call with a token; after a 401, once more with a new one.

        A 401 was not processed, so even an order may be sent again. Raises NotSent if no token
        could be had, for then the call was never made.
        """
        token = self.get(not_after=not_after)
        answer = send(token)
        if answer.status == 401:
            self._drop(token)
            answer = send(self.get(not_after=not_after))
        if answer.status != 401:
            # A token that was taken may be replaced as soon as it is refused.
            self._replaced_at = None
        return answer

    def get(self, *, not_after: datetime | None = None) -> str:
        """A token good for the next call. Raises NotSent if there is none, or none in time."""
        now = self._clock()
        wait_s = WAIT_S_MAX
        if not_after is not None:
            wait_s = min(wait_s, max(0.0, (not_after - now).total_seconds()))
        with self._guard:
            current = self._current
            if current is not None and now < current.refresh_at:
                return current.value
            usable = current if current is not None and now < current.expires_at else None
            under_way = self._under_way
            if usable is not None and (under_way is not None or self._is_paused(now)):
                return usable.value
            if under_way is None:
                under_way = self._begin()
        if usable is None:
            return self._await(under_way, wait_s)
        try:
            return self._await(under_way, min(wait_s, REFRESH_WAIT_S_MAX))
        except NotSent:
            return usable.value

    def _is_paused(self, now: datetime) -> bool:
        return self._no_refresh_before is not None and now < self._no_refresh_before

    def _drop(self, value: str) -> None:
        """Forget a token the provider refused, unless it has already been replaced."""
        now = self._clock()
        with self._guard:
            if self._current is None or self._current.value != value:
                return
            if self._replaced_at is not None and now - self._replaced_at < REPLACED_AGAIN_AFTER:
                return
            self._current = None
            self._replaced_at = now

    def _await(self, under_way: Future[_Token], wait_s: float) -> str:
        try:
            return under_way.result(wait_s).value
        except NotSent as error:
            # A copy: an exception raised on many threads at once mixes up their tracebacks.
            raise NotSent(str(error), failure_code=error.failure_code) from error
        except TimeoutError as error:
            raise NotSent("no token in time") from error

    def _begin(self) -> Future[_Token]:
        under_way: Future[_Token] = Future()
        self._under_way = under_way
        threading.Thread(target=self._run, args=[under_way], daemon=True).start()
        return under_way

    def _run(self, under_way: Future[_Token]) -> None:
        token: _Token | None = None
        failure: Exception | None = None
        try:
            asked_at = self._clock()
            token = self._dated(self._fetch(), asked_at)
        except NotSent as error:
            failure = error
        except Exception as error:
            # A token moves no money: whatever became of it, the call it was for was not made.
            failure = NotSent(f"no token: {type(error).__name__}")
            failure.__cause__ = error
        with self._guard:
            # First of all: whoever comes from now on meets a new token or a new fetch.
            self._under_way = None
            if token is not None:
                self._current = token
            self._no_refresh_before = None if token is not None else self._clock() + PAUSE
        if token is not None:
            under_way.set_result(token)
        else:
            under_way.set_exception(failure)

    def _dated(self, fetched: FetchedToken, asked_at: datetime) -> _Token:
        life = timedelta(seconds=min(max(0.0, fetched.life_s), LIFE_S_MAX))
        expires_at = asked_at + life
        return _Token(fetched.value, expires_at - min(self._early, life / 2), expires_at)
