"""A page of a list, and all that follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

Object = TypeVar("Object", bound=Mapping[str, Any])


class Page(Generic[Object]):
    """`data` holds the objects of this page; iterating goes on to the last object of the list."""

    def __init__(self, found: Mapping[str, Any], load_after: Callable[[str], Page[Object]]):
        self.data: list[Object] = found["data"]
        self.has_more: bool = found["has_more"]
        self._load_after = load_after

    def __iter__(self) -> Iterator[Object]:
        page = self
        while True:
            yield from page.data
            if not page.has_more or not page.data:
                return
            page = page._load_after(page.data[-1]["id"])
