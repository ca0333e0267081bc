"""A pytest plugin: no test, of whatever folder, sees what another left in this process's memory."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests import servers


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What one test left in this process's memory must not be seen by the next.

    Within a test what is remembered stays: statements are counted on slow machines too.
    """
    # A plugin is read before Django is set up.
    from apps.core import rate_limit, ttl_cache
    from apps.core.work import concurrency_limiter, pace
    from apps.core.work.wake_up import client
    from apps.ledger.services.find_account import known_accounts

    ttl_cache.clear_all()
    now = time.monotonic()
    monkeypatch.setattr(ttl_cache, "monotonic", lambda: now)
    rate_limit.clear_all()
    known_accounts.clear()
    concurrency_limiter.clear_all()
    pace.clear_all()
    if servers.are_running():
        client().flushdb()
    yield
