"""Payments asked for by the clock, each repeated under its own key until it is answered 201."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.platform import Platform

CONNECTIONS = 24
RETRY_DELAY_S = 0.15
GIVE_UP_AFTER_S = 180.0
NOT_ANSWERED = 0


@dataclass(frozen=True)
class Payer:
    """`suffix` is what the simulator knows him by; blank: nobody in particular.

    Where something went wrong by chance, only the provider's books say whether he paid.
    """

    what: str
    suffix: str = ""
    failure_code: str = ""
    is_predictable: bool = True

    @property
    def pays(self) -> bool:
        return not self.failure_code


APPROVES = Payer("approves")
LOSES_CALLBACK = Payer("no callback", "900001")
# Seven of ten just pay; the others meet what a provider can do wrong, or do not pay.
MIX = (
    APPROVES,
    Payer("duplicate callback", "900002"),
    APPROVES,
    APPROVES,
    Payer("accepted, then no answer", "900006"),
    APPROVES,
    APPROVES,
    Payer("refuses", "900151", "payer_declined"),
    APPROVES,
    APPROVES,
    APPROVES,
    Payer("500 though accepted", "900007"),
    APPROVES,
    APPROVES,
    Payer("no wallet", "900155", "payer_not_found"),
    APPROVES,
    APPROVES,
    Payer("duplicate callback", "900002"),
    APPROVES,
    APPROVES,
)


@dataclass(frozen=True)
class Answer:
    """One try of a request; status 0: the connection broke, and `body` says how. Times by the
    monotonic clock."""

    begun_at: float
    ended_at: float
    status: int
    retry_after: str
    body: bytes


@dataclass
class Order:
    """A payment a merchant asks for, and everything it was answered."""

    payer: Payer
    reference: str
    body: bytes
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    answers: list[Answer] = field(default_factory=list)

    @property
    def is_created(self) -> bool:
        return any(answer.status == 201 for answer in self.answers)

    def bodies(self) -> set[bytes]:
        return {answer.body for answer in self.answers if answer.status == 201}


_numbers = count()


def some_orders(how_many: int, *, mix: Sequence[Payer] = MIX) -> list[Order]:
    return [_order(payer) for payer in islice(cycle(mix), how_many)]


def _order(payer: Payer) -> Order:
    number = next(_numbers)
    phone = f"677{payer.suffix}" if payer.suffix else f"6770{number % 100_000:05}"
    reference = f"crash-{number}"
    body = {
        "amount": 500 + number,
        "currency": "XAF",
        "payer": {"phone": phone},
        "reference": reference,
    }
    return Order(payer, reference, json.dumps(body).encode())


class Rush:
    """Orders being placed in the background, so many a second, whether or not answers come."""

    def __init__(self, platform: Platform, orders: Sequence[Order], *, rate: float) -> None:
        self.orders = orders
        self._netloc = urlsplit(platform.stack.urls.web).netloc
        self._headers = {
            "Authorization": f"Bearer {platform.merchant['api_key']}",
            "Content-Type": "application/json",
        }
        self._rate = rate
        self._own = threading.local()
        self._pool = ThreadPoolExecutor(CONNECTIONS)
        self._futures: list[Future[None]] = []
        self._clock = threading.Thread(target=self._place_all, daemon=True)
        self._clock.start()

    def wait(self) -> None:
        """Until every order is created, or given up."""
        self._clock.join()
        wait(self._futures)
        for future in self._futures:
            future.result()
        self._pool.shutdown()

    def created(self) -> int:
        return sum(order.is_created for order in self.orders)

    def answered(self, status: int) -> int:
        """How many answers of this status there were so far."""
        return sum(answer.status == status for order in self.orders for answer in order.answers)

    def _place_all(self) -> None:
        begun = time.monotonic()
        for number, order in enumerate(self.orders):
            time.sleep(max(0.0, begun + number / self._rate - time.monotonic()))
            self._futures.append(self._pool.submit(self._place, order))

    def _place(self, order: Order) -> None:
        give_up_at = time.monotonic() + GIVE_UP_AFTER_S
        while time.monotonic() < give_up_at:
            answer = self._try(order)
            order.answers.append(answer)
            if answer.status == 201:
                return
            time.sleep(RETRY_DELAY_S)

    def _try(self, order: Order) -> Answer:
        begun_at = time.monotonic()
        status, retry_after, body = NOT_ANSWERED, "", b""
        connection: Any = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection(self._netloc, timeout=60)
        headers = {**self._headers, "Idempotency-Key": order.key}
        try:
            connection.request("POST", "/api/v1/payments", order.body, headers)
            answer = connection.getresponse()
            body = answer.read()
            status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException) as error:
            body = repr(error).encode()
            connection.close()
            self._own.connection = None
        return Answer(begun_at, time.monotonic(), status, retry_after, body)


def place(platform: Platform, orders: Sequence[Order], *, rate: float = 100.0) -> None:
    Rush(platform, orders, rate=rate).wait()
