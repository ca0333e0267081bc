"""A transport that keeps the contract's promises, for tests: real sockets, no retries."""

from __future__ import annotations

from collections.abc import Mapping

import urllib3

from apps.providers.contract import HttpAnswer, NotSent, OutcomeUnknown

ANSWER_BYTES_MAX = 1_000_000


class SocketTransport:
    """`timeout_s_max` shortens every wait; `requests` keeps (method, url) of each call."""

    def __init__(self, *, timeout_s_max: float = 5.0) -> None:
        self._pool = urllib3.PoolManager(retries=False)
        self._timeout_s_max = timeout_s_max
        self.requests: list[tuple[str, str]] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float = 20.0,
    ) -> HttpAnswer:
        self.requests.append((method, url))
        try:
            answer = self._pool.request(
                method,
                url,
                headers=dict(headers),
                body=body,
                timeout=min(timeout_s, self._timeout_s_max),
                redirect=False,
                preload_content=False,
            )
            content = answer.read(ANSWER_BYTES_MAX + 1)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as e:
            raise NotSent(str(e)) from e
        except (urllib3.exceptions.HTTPError, OSError) as e:
            raise OutcomeUnknown(str(e)) from e
        if len(content) > ANSWER_BYTES_MAX:
            raise OutcomeUnknown("answer too long")
        return HttpAnswer(answer.status, dict(answer.headers), content)


class ScriptedTransport:
    """Answers from a list, in order; an exception in it is raised. Keeps what it was asked."""

    def __init__(self, *answers: HttpAnswer | Exception) -> None:
        self._answers = list(answers)
        self.calls: list[tuple[str, str, Mapping[str, str], bytes]] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout_s: float = 20.0,
    ) -> HttpAnswer:
        self.calls.append((method, url, headers, body))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
