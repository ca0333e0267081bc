"""What is kept is as old as it was promised at most, however long it took to read."""

from __future__ import annotations

import pytest

from apps.core import ttl_cache
from apps.core.ttl_cache import TtlCache


class Clock:
    now = 0.0


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(ttl_cache, "monotonic", lambda: clock.now)
    monkeypatch.setattr(ttl_cache, "_all", [])
    return clock


@pytest.mark.parametrize(
    ("load_s", "later_s", "is_kept"), [(0.0, 0.9, True), (0.4, 0.5, True), (0.4, 0.7, False)]
)
@pytest.mark.parametrize("is_prepared", [False, True])
def test_its_age_counts_from_before_it_was_read(clock, load_s, later_s, is_kept, is_prepared):
    loaded = []

    def load(key):
        loaded.append(key)
        clock.now += load_s
        return key

    cache = TtlCache(load)
    if is_prepared:
        cache.prepare("ab", lambda keys: {key: load(key) for key in keys[:1]})
    else:
        cache.get("a")
    clock.now += later_s

    assert cache.get("a") == "a"
    assert loaded == (["a"] if is_kept else ["a", "a"])


def test_what_took_longer_to_read_than_it_is_kept_is_read_anew(clock):
    versions = iter(["before", "after"])

    def load(_key):
        clock.now += 5.0
        return next(versions)

    cache = TtlCache(load)

    # Whoever asked for it then has it.
    assert cache.get("key") == "before"
    assert cache.get("key") == "after"
