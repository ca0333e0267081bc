"""Notifications come again after a line that fell silent."""

from __future__ import annotations

import asyncio
import os

import pytest

from apps.core.work import wake_up
from apps.realtime import notifications
from tests.silent_proxy import SilentProxy

PATIENCE_S = 15.0


@pytest.fixture
def line(settings):
    with SilentProxy.before(os.environ["REDIS_URL"]) as line:
        settings.REDIS_URL = line.url(os.environ["REDIS_URL"])
        yield line


def test_a_silent_line_is_given_up_and_another_one_heard(line, monkeypatch):
    monkeypatch.setattr(notifications, "ASK_EVERY_S", 0.1)
    monkeypatch.setattr(notifications, "SILENCE_S_MAX", 0.5)
    monkeypatch.setattr(notifications, "LISTEN_S", 0.1)
    monkeypatch.setattr(notifications, "RETRY_S", 0.1)
    connections = []
    from_url = notifications.redis.asyncio.Redis.from_url
    monkeypatch.setattr(
        notifications.redis.asyncio.Redis,
        "from_url",
        lambda *of, **more: connections.append(from_url(*of, **more)) or connections[-1],
    )

    async def scenario():
        heard = asyncio.Event()
        listening = asyncio.create_task(
            notifications.listen({notifications.PLACED: heard.set}, commits_wanted=lambda: False)
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
            await asyncio.to_thread(wake_up.client().publish, notifications.PLACED, b"1")
            await asyncio.sleep(0.02)

    asyncio.run(scenario())
