"""Requests that are safe to repeat, repeated."""

from __future__ import annotations

import json
import random
import ssl
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any
from urllib.parse import quote, urlencode

from lomi.file_form import FileForm, FilePart

TRIES_MAX = 5
RETRY_DELAY_S_MAX = 30.0

# Refused before anything was done.
NOTHING_DONE = {429, 503}
# Perhaps something was done: repeated only where a repetition does nothing more.
PERHAPS_DONE = {500, 502, 504}
SAFE_TO_REPEAT = {"GET", "POST", "PATCH"}
IN_FLIGHT = "idempotency_key_in_flight"


class ApiError(Exception):
    """A refusal. `code` never changes its meaning; `errors` lists the fields at fault.

    `doc_url` is where the guide says more of the code; `request_id` is what to name in a question
    to us. Each is "" where the answer had none.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], *, request_id: str = ""):
        self.status = status
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.errors: Sequence[Mapping[str, str]] = problem.get("errors", [])
        self.doc_url = str(problem.get("doc_url", ""))
        self.request_id = request_id
        super().__init__(f"{status} {self.code}: {self.detail}")


class NoAnswer(Exception):
    """The line broke at every try. What was asked for may have been done: for a POST, ask again
    with the same idempotency key."""

    def __init__(self, reason: object, *, idempotency_key: str | None):
        self.idempotency_key = idempotency_key
        super().__init__(f"no answer: {reason}")


class Connection:
    """How the resources of a Client reach the API."""

    def __init__(
        self,
        key: str,
        *,
        url: str,
        timeout_s: float,
        ssl_context: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._key = key
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._sleep = sleep
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if ssl_context is not None:
            handlers.append(urllib.request.HTTPSHandler(context=ssl_context))
        self._opener = urllib.request.build_opener(*handlers)

    def call(
        self,
        method: str,
        path: str,
        *,
        ids: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str | None] | None = None,
        file: str | PathLike[str] | FilePart | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """The answer's JSON, None if it has no body.

        Every POST gets an idempotency key, your own or a new one, the same for all its tries.

        Raises:
            ApiError: it was refused.
            NoAnswer: the line broke at every try.
        """
        for name, value in (ids or {}).items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        url = f"{self._url}{path}"
        if found := _as_words(query or {}):
            url = f"{url}?{urlencode(found)}"
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        if method == "POST":
            idempotency_key = idempotency_key or str(uuid.uuid4())
            headers["Idempotency-Key"] = idempotency_key
            body = body or {}
        data: bytes | FileForm | None = None
        if file is not None:
            data = FileForm(form or {}, file)
            headers |= data.headers
        elif body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False).encode()
        for tries in range(1, TRIES_MAX + 1):
            request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310
            pause_s = min(2.0 ** (tries - 1), RETRY_DELAY_S_MAX) * random.uniform(0.5, 1)
            try:
                with self._opener.open(request, timeout=self._timeout_s) as answer:
                    text = answer.read()
                    return json.loads(text) if text else None
            except urllib.error.HTTPError as error:
                problem = _problem(error)
                if tries == TRIES_MAX or not _is_worth_repeating(method, error.code, problem):
                    named = error.headers.get("Request-Id", "")
                    raise ApiError(error.code, problem, request_id=named) from None
                pause_s = _retry_after_s(error) or pause_s
            except OSError as error:
                if tries == TRIES_MAX or method not in SAFE_TO_REPEAT:
                    raise NoAnswer(error, idempotency_key=idempotency_key) from error
            self._sleep(pause_s)
        raise AssertionError("unreachable")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key is for our address alone."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _as_words(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    words: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            words += [(f"{name}[{key}]", str(inner)) for key, inner in value.items()]
        elif isinstance(value, list | tuple):
            words.append((name, ",".join(map(str, value))))
        else:
            words.append((name, str(value)))
    return words


def _problem(error: urllib.error.HTTPError) -> Mapping[str, Any]:
    try:
        found = json.loads(error.read())
    except (OSError, ValueError):
        found = None
    return found if isinstance(found, dict) else {"detail": "no readable body"}


def _is_worth_repeating(method: str, status: int, problem: Mapping[str, Any]) -> bool:
    if status in NOTHING_DONE or problem.get("code") == IN_FLIGHT:
        return True
    return status in PERHAPS_DONE and method in SAFE_TO_REPEAT


def _retry_after_s(error: urllib.error.HTTPError) -> float | None:
    text = error.headers.get("Retry-After", "")
    return min(float(text), RETRY_DELAY_S_MAX) if text.isdecimal() else None
