"""The cache speaks JSON: whoever can write to Redis must not be able to run code in here.

Django's own serializer is pickle, and reading a pickle runs what it says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache


class NotJson(ValueError):
    """What lies under a key was not written by us."""


class JsonSerializer:
    def dumps(self, value: Any) -> int | bytes:
        # Redis itself counts these up and down.
        if type(value) is int:
            return value
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise NotJson from error


class JsonRedisCache(RedisCache):
    """Redis, in JSON. What is no JSON is a miss."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {**params.get("OPTIONS", {}), "serializer": JsonSerializer}
        super().__init__(server, {**params, "OPTIONS": options})

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except NotJson:
            return default

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        # One by one: one that is no JSON must not cost the others.
        missing = object()
        found = {key: self.get(key, missing, version) for key in keys}
        return {key: value for key, value in found.items() if value is not missing}

    def get_or_set(
        self, key: Any, default: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        missing = object()
        value = self.get(key, missing, version)
        if value is missing:
            value = default() if callable(default) else default
            # Not only if nothing is there: what is there may be no JSON.
            self.set(key, value, timeout, version)
        return value
