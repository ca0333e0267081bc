"""A reader of the event stream that never gives up and never misses: over HTTP, nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import requests

CONNECT_WITHIN_S = 10.0
# The stream says something every 15 seconds.
SILENCE_S_MAX = 45.0
RETRY_DELAYS_S = (0.2, 1.0, 2.0, 5.0)
# What coming again does not mend.
FINAL_STATUSES = {400, 401, 403, 404, 405, 409, 421}


class StreamRefused(Exception):
    """The platform says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event: its id is the cursor, its body the exact JSON."""

    id: str
    body: str


class EventReader:
    """Iterate over it. `on_trouble` is told, in a few words, why it connects again.

    Attributes:
        after: the last event given out; who starts there misses nothing.
        livemode: of the credential; known with the first event.
    """

    def __init__(
        self,
        *,
        url: str,
        key: str,
        types: str = "",
        after: str = "",
        on_opening: Callable[[bool], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self.after = after
        self._url = f"{url.rstrip('/')}/api/v1/events/stream"
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
        self._query = {"type": types} if types else {}
        self._on_opening, self._on_trouble = on_opening, on_trouble

    def __iter__(self) -> Iterator[Told]:
        """
        Raises:
            StreamRefused: asking again would not help.
        """
        failures = 0
        while True:
            try:
                for told in self._read():
                    failures = 0
                    yield told
                trouble = "the stream ended"
            except requests.RequestException as error:
                trouble = type(error).__name__
            self._on_trouble(trouble)
            time.sleep(RETRY_DELAYS_S[min(failures, len(RETRY_DELAYS_S) - 1)])
            failures += 1

    def _read(self) -> Iterator[Told]:
        with self._connect() as answer:
            for name, id, data in _events(answer):
                if name == "problem":
                    self._on_trouble(json.loads(data)["code"])
                    return
                if name == "stream":
                    self._on_opening(json.loads(data)["livemode"])
                    self.after = id
                    continue
                yield Told(id, data)
                self.after = id

    def _connect(self) -> requests.Response:
        headers = dict(self._headers)
        if self.after:
            headers["Last-Event-ID"] = self.after
        answer = requests.get(
            self._url,
            headers=headers,
            params=self._query,
            stream=True,
            timeout=(CONNECT_WITHIN_S, SILENCE_S_MAX),
            allow_redirects=False,
        )
        if answer.status_code == 200:
            return answer
        with answer:
            elsewhere = answer.links.get("alternate", {}).get("url", "")
            if answer.status_code == 421 and elsewhere and elsewhere != self._url:
                self._url = elsewhere
                return self._connect()
            if answer.status_code in FINAL_STATUSES:
                raise StreamRefused(_reason(answer))
            raise requests.ConnectionError(f"HTTP {answer.status_code}")


def _events(answer: requests.Response) -> Iterator[tuple[str, str, str]]:
    """(name, id, data) of each server-sent event. Source: HTML standard, 9.2.6."""
    name, id, data = "", "", ""
    rest = b""
    for piece in answer.iter_content(chunk_size=None):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            field, _, value = line.decode().partition(": ")
            if field == "event":
                name = value
            elif field == "id":
                id = value
            elif field == "data":
                data = value
            elif not field and data:
                yield name, id, data
                name, id, data = "", "", ""


def _reason(answer: requests.Response) -> str:
    try:
        problem = answer.json()
        return f"{problem['code']}: {problem['title']} {problem['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code} from {answer.url}"
