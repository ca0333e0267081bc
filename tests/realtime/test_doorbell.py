"""The doorbell hears again after a line that fell silent."""

from __future__ import annotations

import asyncio
import os

import pytest

from apps.core import nudge
from apps.realtime import doorbell
from tests.silent_proxy import SilentProxy

PATIENCE_S = 15.0


@pytest.fixture
def line(settings):
    with SilentProxy.before(os.environ["REDIS_URL"]) as line:
        settings.REDIS_URL = line.url(os.environ["REDIS_URL"])
        yield line


def test_a_silent_line_is_given_up_and_another_one_heard(line, monkeypatch):
    monkeypatch.setattr(doorbell, "ASK_EVERY_S", 0.1)
    monkeypatch.setattr(doorbell, "SILENCE_S_MAX", 0.5)
    monkeypatch.setattr(doorbell, "LISTEN_S", 0.1)
    monkeypatch.setattr(doorbell, "RETRY_S", 0.1)
    connections = []
    from_url = doorbell.redis.asyncio.Redis.from_url
    monkeypatch.setattr(
        doorbell.redis.asyncio.Redis,
        "from_url",
        lambda *of, **more: connections.append(from_url(*of, **more)) or connections[-1],
    )

    async def scenario():
        heard = asyncio.Event()
        listening = asyncio.create_task(
            doorbell.listen({doorbell.PLACED: heard.set}, commits_wanted=lambda: False)
        )
        async with asyncio.timeout(PATIENCE_S):
            await rung(heard)
            line.fall_silent()
            before = len(connections)
            while len(connections) == before:
                await asyncio.sleep(0.01)
            line.speak_again()
            heard.clear()
            await rung(heard)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    async def rung(heard):
        while not heard.is_set():
            await asyncio.to_thread(nudge.client().publish, doorbell.PLACED, b"1")
            await asyncio.sleep(0.02)

    asyncio.run(scenario())
