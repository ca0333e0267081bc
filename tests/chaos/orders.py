"""Payments, refunds and payouts asked for by the clock, each repeated under its own key until it is
answered 201."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import chain, count, cycle, islice
from typing import Any
from urllib.parse import urlsplit

from apps.providers.contract import Operation
from tests.chaos.platform import Platform, wait_until

CONNECTIONS = 24
RETRY_DELAY_S = 0.15
GIVE_UP_AFTER_S = 180.0
# Of each number: what all refunds of a run can never use up.
PAID_IN = 5_000_000
NOT_ANSWERED = 0
REFUSED = 422


@dataclass(frozen=True)
class Counterparty:
    """Who pays, is paid, or gets back what was paid. `suffix` is what the simulator knows the
    number by; blank: nobody in particular.

    Where something went wrong by chance, only the provider's books say whether money moved.
    """

    what: str
    suffix: str = ""
    failure_code: str = ""
    is_predictable: bool = True
    operation: Operation = Operation.COLLECT

    @property
    def succeeds(self) -> bool:
        return not self.failure_code


# Whoever meets one of these gets the money in the end; so does who is met again by a refund, which
# goes to the number that paid.
TWICE, LOST_ANSWER, ERROR = "900002", "900006", "900007"
APPROVES = Counterparty("approves")
LOSES_CALLBACK = Counterparty("no callback", "900001")
IS_PAID = Counterparty("is paid", operation=Operation.DISBURSE)
GETS_BACK = Counterparty("gets back", operation=Operation.REFUND)
COLLECTS = (
    APPROVES,
    Counterparty("duplicate callback", TWICE),
    APPROVES,
    Counterparty("accepted, then no answer", LOST_ANSWER),
    APPROVES,
    Counterparty("refuses", "900151", "payer_declined"),
    APPROVES,
    Counterparty("500 though accepted", ERROR),
    APPROVES,
    Counterparty("no wallet", "900155", "payer_not_found"),
)
PAYOUTS = (
    IS_PAID,
    replace(IS_PAID, what="paid, then no answer", suffix=LOST_ANSWER),
    replace(IS_PAID, what="duplicate callback", suffix=TWICE),
    replace(IS_PAID, what="500 though paid", suffix=ERROR),
    replace(IS_PAID, what="takes no more", suffix="900024", failure_code="payee_limit_reached"),
)
# Killed before its answer, such a payout is sent again in vain for minutes: the soak has them.
NO_WALLET = replace(IS_PAID, what="no wallet", suffix="900150", failure_code="payee_not_found")
REFUNDS = (
    GETS_BACK,
    replace(GETS_BACK, what="given back, then no answer", suffix=LOST_ANSWER),
    GETS_BACK,
    replace(GETS_BACK, what="500 though given back", suffix=ERROR),
    replace(GETS_BACK, what="duplicate callback", suffix=TWICE),
)
# Half of them just go well; the others meet what a provider can do wrong, or do not pay. Of every
# twenty, ten are payments, five refunds and five payouts.
MIX = tuple(chain.from_iterable(zip(COLLECTS[::2], PAYOUTS, COLLECTS[1::2], REFUNDS, strict=True)))


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
    """What a merchant asks for, and everything it was answered.

    `payment`: the id of what a refund gives back, "" for one of the platform's own.
    `may_be_refused`: it asks for what others may have asked for at the same moment.
    """

    counterparty: Counterparty
    reference: str
    body: dict[str, Any]
    payment: str = ""
    may_be_refused: bool = False
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    answers: list[Answer] = field(default_factory=list)

    @property
    def is_created(self) -> bool:
        return any(answer.status == 201 for answer in self.answers)

    @property
    def public_id(self) -> str:
        """What it was created as."""
        (body,) = self.bodies()
        return str(json.loads(body)["id"])

    @property
    def is_refused(self) -> bool:
        """Rightly: it was never created, and the merchant knows."""
        is_last = bool(self.answers) and self.answers[-1].status == REFUSED
        return self.may_be_refused and is_last and not self.is_created

    @property
    def path(self) -> str:
        return f"/api/v1/{OBJECTS[self.counterparty.operation]}"

    def bodies(self) -> set[bytes]:
        return {answer.body for answer in self.answers if answer.status == 201}


OBJECTS = {
    Operation.COLLECT: "payments",
    Operation.REFUND: "refunds",
    Operation.DISBURSE: "payouts",
}
_numbers = count()


def some_orders(how_many: int, *, mix: Sequence[Counterparty] = MIX) -> list[Order]:
    return [order_for(one) for one in islice(cycle(mix), how_many)]


def order_for(
    counterparty: Counterparty, *, amount: int | None = None, phone: str = "", payment: str = ""
) -> Order:
    """`amount`, `phone`: those given, else such as few other orders have."""
    number = next(_numbers)
    suffix, reference = counterparty.suffix, f"crash-{number}"
    phone = phone or f"677{suffix or f'0{number % 100_000:05}'}"
    body: dict[str, Any] = {"amount": amount or 100 + number % 900}
    if counterparty.operation is Operation.REFUND:
        body |= {"reason": reference}
    else:
        role = "payer" if counterparty.operation is Operation.COLLECT else "payee"
        body |= {"currency": "XAF", role: {"phone": phone}, "reference": reference}
    return Order(counterparty, reference, body, payment)


def refund_of(payment: str, *, amount: int | None = None) -> Order:
    """Of this payment, all that is left, or so much."""
    reference = f"crash-{next(_numbers)}"
    body: dict[str, Any] = {"reason": reference}
    if amount is not None:
        body |= {"amount": amount}
    return Order(GETS_BACK, reference, body, payment, may_be_refused=True)


def count_operations(orders: Iterable[Order]) -> str:
    """payments=… refunds=… payouts=…"""
    counted = Counter(order.counterparty.operation for order in orders if not order.is_refused)
    return " ".join(f"{OBJECTS[one]}={counted[one]}" for one in OBJECTS)


class Rush:
    """Orders being placed in the background, so many a second, whether or not answers come."""

    def __init__(self, platform: Platform, orders: Sequence[Order], *, rate: float) -> None:
        self.orders = orders
        self._platform = platform
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
            if answer.status == 201 or order.is_refused:
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
            connection.request("POST", order.path, self._body_of(order), headers)
            answer = connection.getresponse()
            body = answer.read()
            status, retry_after = answer.status, answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException) as error:
            body = repr(error).encode()
            connection.close()
            self._own.connection = None
        return Answer(begun_at, time.monotonic(), status, retry_after, body)

    def _body_of(self, order: Order) -> bytes:
        body = order.body
        if order.counterparty.operation is Operation.REFUND:
            paid = order.payment or self._platform.paid[order.counterparty.suffix]
            body = {**body, "payment": paid}
        return json.dumps(body).encode()


def place(platform: Platform, orders: Sequence[Order], *, rate: float = 100.0) -> None:
    Rush(platform, orders, rate=rate).wait()


def pay_in(platform: Platform) -> None:
    """Payments to give back, by the number that paid, and a balance to send."""
    payers = {one.suffix: replace(one, operation=Operation.COLLECT) for one in REFUNDS}
    orders = {suffix: order_for(payer, amount=PAID_IN) for suffix, payer in payers.items()}
    place(platform, list(orders.values()))
    wait_until(lambda: not platform.what_is_unfinished(), "what is paid in")
    for suffix, order in orders.items():
        platform.paid[suffix] = order.public_id
