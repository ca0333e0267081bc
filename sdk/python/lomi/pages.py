"""A page of a list, and all that follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

Object = TypeVar("Object", bound=Mapping[str, Any])


class Page(Generic[Object]):
    """`data` holds the objects of this page; iterating goes on to the last object of the list."""

    def __init__(self, found: Mapping[str, Any], load_after: Callable[[Any], Page[Object]]):
        self.data: list[Object] = found["data"]
        self.has_more: bool = found["has_more"]
        self._load_after = load_after

    def __iter__(self) -> Iterator[Object]:
        page = self
        while True:
            yield from page.data
            if not page.has_more or not page.data:
                return
            # What has no id has a place: the lines of a batch.
            last: Any = page.data[-1]
            page = page._load_after(last["id"] if "id" in last else last["number"])
