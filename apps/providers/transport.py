"""HTTP to providers: what reached them is never in doubt longer than it has to be."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from time import monotonic

import requests
from django.db import connection
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
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

# No connection was made: nothing can have been received.
_NEVER_CONNECTED = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


class HttpTransport:
    """The Transport of the contract, over kept-alive connections, one session a thread."""

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
            with self._session().request(
                method,
                url,
                headers=headers,
                data=body or None,
                timeout=(CONNECT_TIMEOUT_S, timeout_s),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return HttpAnswer(
                    status=answer.status_code,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=_whole_body(answer.raw, timeout_s=timeout_s),
                )
        except requests.RequestException as error:
            if _never_connected(error):
                raise NotSent("no connection to the provider") from error
            raise OutcomeUnknown(type(error).__name__) from error
        except (HTTPError, OSError, ValueError) as error:
            # Reading the body raises urllib3's own errors.
            raise OutcomeUnknown(type(error).__name__) from error

    def _session(self) -> requests.Session:
        found: requests.Session | None = getattr(self._local, "session", None)
        if found is None:
            found = self._local.session = requests.Session()
            # Proxies and .netrc of the environment are not for provider traffic.
            found.trust_env = False
            adapter = HTTPAdapter(pool_connections=50, pool_maxsize=1, max_retries=0)
            found.mount("http://", adapter)
            found.mount("https://", adapter)
        return found


def _whole_body(raw: HTTPResponse, *, timeout_s: float) -> bytes:
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


def _never_connected(error: requests.RequestException) -> bool:
    cause: object = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, _NEVER_CONNECTED)
