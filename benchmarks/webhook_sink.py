"""A merchant's endpoint that verifies every signature and writes down when each webhook came.

    python -m benchmarks.webhook_sink PORT FILE [SECONDS]

It answers each webhook after SECONDS, or at once. FILE gets one line a webhook: time, type, payment
id, sequence; `GET /count` answers how many distinct objects
succeeded, by kind, and payments as `succeeded`. A process of its own.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections import defaultdict
from typing import Any, TextIO

SECRETS: list[bytes] = []
SUCCEEDED: dict[str, set[str]] = defaultdict(set)
BAD = 0
ANSWER_S = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0


class Sink(asyncio.Protocol):
    log: TextIO

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
            headers = {}
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip()
            length = int(headers.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._take(head, headers, rest[:length])

    def _take(self, head: bytes, headers: dict[bytes, bytes], body: bytes) -> None:
        global BAD
        if head.startswith(b"GET"):
            text = json.dumps(
                {
                    "succeeded": len(SUCCEEDED["payment"]),
                    **{kind: len(ids) for kind, ids in SUCCEEDED.items()},
                    "bad": BAD,
                }
            ).encode()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text
            )
            return
        if head.startswith(b"PUT"):
            SECRETS[:] = [base64.b64decode(text[6:]) for text in json.loads(body)]
        elif self._is_genuine(headers, body):
            event = json.loads(body)
            payment_id = event["data"]["id"]
            kind, _, what = event["type"].partition(".")
            if what == "succeeded":
                SUCCEEDED[kind].add(payment_id)
            self.log.write(f"{time.time()} {event['type']} {payment_id} {event['sequence']}\n")
        else:
            BAD += 1
        answer = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
        if ANSWER_S:
            asyncio.get_running_loop().call_later(ANSWER_S, self._transport.write, answer)
        else:
            self._transport.write(answer)

    def _is_genuine(self, headers: dict[bytes, bytes], body: bytes) -> bool:
        signed = headers[b"webhook-id"] + b"." + headers[b"webhook-timestamp"] + b"." + body
        given = headers[b"webhook-signature"].removeprefix(b"v1,")
        return any(
            hmac.compare_digest(
                base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()), given
            )
            for secret in SECRETS
        )


async def serve(port: int, file_name: str) -> None:
    with open(file_name, "w", buffering=1 << 16) as Sink.log:  # noqa: PTH123
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
        while True:
            await asyncio.sleep(1)
            Sink.log.flush()
            if not server.is_serving():
                return


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
