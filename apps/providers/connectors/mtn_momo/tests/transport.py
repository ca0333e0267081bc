"""The transports of these tests: the real one with shorter waits, and one that reads a script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.providers.contract import HttpAnswer
from apps.providers.transports.http import HttpTransport


class SocketTransport(HttpTransport):
    """`timeout_s_max` shortens every wait; `requests` keeps (method, url) of each call."""

    def __init__(self, *, timeout_s_max: float = 5.0) -> None:
        super().__init__()
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
        not_after: datetime | None = None,
        is_instruction: bool = True,
    ) -> HttpAnswer:
        self.requests.append((method, url))
        return super().request(
            method,
            url,
            headers=headers,
            body=body,
            timeout_s=min(timeout_s, self._timeout_s_max),
            not_after=not_after,
            is_instruction=is_instruction,
        )


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
        not_after: datetime | None = None,
        is_instruction: bool = True,
    ) -> HttpAnswer:
        self.calls.append((method, url, headers, body))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
