"""What lies in Redis is read as JSON: whoever writes there runs nothing in here."""

import os
import pickle

import pytest
from django.conf import settings
from django.core.cache import cache

from apps.core.work.wake_up import client
from config.celery import app as celery

pytestmark = pytest.mark.django_db


class Bomb:
    def __reduce__(self):
        return os.mkdir, (self.folder,)

    def __init__(self, folder):
        self.folder = str(folder)


def plant(key, folder):
    client().set(cache.make_key(key), pickle.dumps(Bomb(folder)))


def test_a_planted_pickle_runs_nothing_and_costs_a_miss(tmp_path):
    folder = tmp_path / "run"
    plant("key", folder)
    cache.set("other", {"is": "there"})

    found = cache.get("key", "a miss")
    many = cache.get_many(["key", "other"])
    made = cache.get_or_set("key", lambda: [1, "two"])

    assert not folder.exists()
    assert found == "a miss"
    assert many == {"other": {"is": "there"}}
    assert made == cache.get("key") == [1, "two"]


@pytest.mark.parametrize("rubbish", [b"", b"\x80\x04", b"{", b"\xff", b"[" * 100_000])
def test_rubbish_is_a_miss(rubbish):
    client().set(cache.make_key("key"), rubbish)

    assert cache.get("key") is None
    assert cache.get_many(["key"]) == {}


@pytest.mark.parametrize("value", [0, -5, True, None, 1.5, "text", "é", [1, [2]], {"a": None}])
def test_what_is_written_is_read(value):
    cache.set("key", value)

    assert cache.get("key", "a miss") == value
    assert type(cache.get("key")) is type(value)


def test_counters_are_counted_by_redis():
    cache.add("key", 1, 60)

    assert cache.incr("key") == 2
    assert cache.get("key") == 2


def test_what_is_no_json_is_not_written():
    with pytest.raises(TypeError):
        cache.set("key", {1, 2})


def test_nobody_else_unpickles():
    assert celery.conf.accept_content == ["json"]
    assert celery.conf.task_serializer == "json"
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    assert {each["BACKEND"] for each in settings.CACHES.values()} == {
        "apps.core.json_cache.JsonRedisCache"
    }
