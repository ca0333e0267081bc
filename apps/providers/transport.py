"""HTTP to providers: what reached them is never in doubt longer than it has to be."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from time import monotonic

import certifi
import urllib3
from django.db import connection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from apps.providers.contract import HttpAnswer, NotSent, OutcomeUnknown

CONNECT_TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 1_000_000
PART_BYTES = 65_536
USER_AGENT = "LOMI/1"

# No connection was made: nothing can have been received.
_NEVER_CONNECTED = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


class HttpTransport:
    """The Transport of the contract, over kept-alive connections, one pool a thread.

    urllib3 itself: requests would add as much work again to each call.
    """

    def __init__(self) -> None:
        self._local = threading.local()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float = 20.0,
    ) -> HttpAnswer:
        if connection.in_atomic_block:
            raise RuntimeError("a provider must not be called inside a transaction")
        # Back to the pool: no thread holds a connection while it waits for a provider.
        connection.close()
        try:
            answer = self._pool().request(
                method,
                url,
                headers={"User-Agent": USER_AGENT, "Accept": "*/*", **headers},
                body=body or None,
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=timeout_s),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                return HttpAnswer(
                    status=answer.status,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=_whole_body(answer, timeout_s=timeout_s),
                )
            except BaseException:
                # What was not read whole cannot carry another request.
                answer.close()
                raise
            finally:
                answer.release_conn()
        except _NEVER_CONNECTED as error:
            raise NotSent("no connection to the provider") from error
        except (HTTPError, OSError, ValueError) as error:
            raise OutcomeUnknown(type(error).__name__) from error

    def _pool(self) -> urllib3.PoolManager:
        found: urllib3.PoolManager | None = getattr(self._local, "pool", None)
        if found is None:
            found = self._local.pool = urllib3.PoolManager(
                num_pools=50, maxsize=1, ca_certs=certifi.where()
            )
        return found


def _whole_body(raw: urllib3.BaseHTTPResponse, *, timeout_s: float) -> bytes:
    """The body to its end. Part by part: one read would take a body cut short for a whole one,
    and wait for ever for one that trickles in."""
    give_up_at = monotonic() + timeout_s
    body = bytearray()
    while part := raw.read1(PART_BYTES, decode_content=True):
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            raise OutcomeUnknown("the answer is too long")
        if monotonic() > give_up_at:
            raise OutcomeUnknown("the answer takes too long")
    return bytes(body)
