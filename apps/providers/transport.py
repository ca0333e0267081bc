"""HTTP to providers: what reached them is never in doubt longer than it has to be."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import requests
from django.db import connection
from requests.adapters import HTTPAdapter
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from apps.providers.contract import HttpAnswer, NotSent, OutcomeUnknown

CONNECT_TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 1_000_000

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
                content = answer.raw.read(ANSWER_BYTES_MAX + 1, decode_content=True)
                if len(content) > ANSWER_BYTES_MAX:
                    raise OutcomeUnknown("the answer is too long")
                return HttpAnswer(
                    status=answer.status_code,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=content,
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


def _never_connected(error: requests.RequestException) -> bool:
    cause: object = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, _NEVER_CONNECTED)
