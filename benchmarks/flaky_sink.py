"""Merchants' endpoints as they are: some answer, some fail at random, one never says a word.

    python -m benchmarks.flaky_sink PORT SEED

By path: /steady/… takes everything; /flaky/… fails three times in ten: an error, an error after a
sleep, or the line closed without an answer; /dead/… never answers. Every signature is verified by
the reference library. `PUT /` hands over the secrets by path; `GET /` tells what was taken, that
is answered 204: a process of its own, it knows nothing of the platform's books.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

FAILS = 0.3
SLEEP_S_MAX = 0.3

VERIFIERS: dict[str, Webhook] = {}
# By path: webhook-id -> when it was first taken; object -> its sequence numbers.
TAKEN: dict[str, dict[str, float]] = {}
SEQUENCES: dict[str, set[int]] = {}
COUNTS = {"tries": 0, "verified": 0, "bad": 0, "refused": 0, "slept": 0, "hung_up": 0, "ignored": 0}


class Sink(asyncio.Protocol):
    chance: random.Random

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            lines = head.decode("latin-1").split("\r\n")
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            method, path, _ = lines[0].split(" ")
            if method == "POST":
                self._take(path, headers, rest[:length])
            elif method == "PUT":
                VERIFIERS.update(
                    {path: Webhook(secret) for path, secret in json.loads(rest[:length]).items()}
                )
                self._say(204)
            else:
                self._say(200, json.dumps(report()).encode())

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        COUNTS["tries"] += 1
        try:
            event = VERIFIERS[path].verify(body, headers)
        except WebhookVerificationError:
            COUNTS["bad"] += 1
            self._say(400)
            return
        COUNTS["verified"] += 1
        if path.startswith("/dead/"):
            COUNTS["ignored"] += 1
        elif path.startswith("/flaky/") and self.chance.random() < FAILS:
            self._fail()
        else:
            TAKEN.setdefault(path, {}).setdefault(headers["webhook-id"], time.time())
            SEQUENCES.setdefault(event["data"]["id"], set()).add(event["sequence"])
            self._say(204)

    def _fail(self) -> None:
        how = self.chance.choice(("refused", "slept", "hung_up"))
        COUNTS[how] += 1
        if how == "refused":
            self._say(500)
        elif how == "hung_up":
            self._transport.close()
        else:
            wait_s = self.chance.uniform(0, SLEEP_S_MAX)
            asyncio.get_running_loop().call_later(wait_s, self._say, 503)

    def _say(self, status: int, body: bytes = b"") -> None:
        self._transport.write(
            b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body
        )


def report() -> dict[str, Any]:
    """`gaps`: objects whose sequence numbers are not 1, 2, 3 … to the largest."""
    gaps = sum(len(numbers) != max(numbers) for numbers in SEQUENCES.values())
    return {
        **COUNTS,
        "taken": {path: len(taken) for path, taken in TAKEN.items()},
        "last_at": {path: max(taken.values()) for path, taken in TAKEN.items()},
        "gaps": gaps,
    }


async def serve(port: int, seed: int) -> None:
    Sink.chance = random.Random(seed)
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
