"""Names to addresses, in time: the system's resolver keeps a time of its own, which is not ours."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future


def look_up(host: str) -> list[str]:
    """Ask the system's resolver; raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def look_up_in_time(
    host: str, *, timeout_s: float, look_up: Callable[[str], list[str]] = look_up
) -> list[str]:
    """The addresses of a name, asked for on another thread, by one thread for each name.

    Raises OSError (TimeoutError when nobody said in time) or UnicodeError.
    """
    with _guard:
        answer = _under_way.get(host)
        if answer is None:
            answer = _under_way[host] = Future()
            threading.Thread(target=_ask, args=[host, look_up, answer], daemon=True).start()
    return answer.result(timeout_s)


def _ask(host: str, look_up: Callable[[str], list[str]], answer: Future[list[str]]) -> None:
    found: list[str] = []
    failure: BaseException | None = None
    try:
        found = look_up(host)
    except BaseException as error:
        failure = error
    # First of all: whoever asks from now on wants a new answer.
    with _guard:
        del _under_way[host]
    if failure:
        answer.set_exception(failure)
    else:
        answer.set_result(found)


_guard = threading.Lock()
_under_way: dict[str, Future[list[str]]] = {}
