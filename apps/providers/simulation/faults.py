"""What can go wrong on purpose, chosen by the payer's number or armed by the control endpoint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from .exchange import Answer, html_answer
from .store import Store


class FaultKind(StrEnum):
    """README.md says in a table what each does and what its `value` means."""

    NONE = ""
    # Callbacks.
    NO_CALLBACK = "no_callback"
    DUPLICATE_CALLBACK = "duplicate_callback"
    LATE_CALLBACK = "late_callback"
    EARLY_CALLBACK = "early_callback"
    OUT_OF_ORDER_CALLBACK = "out_of_order_callback"
    FORGED_CALLBACK = "forged_callback"
    CONTRADICTING = "contradicting"
    # The answer to a request.
    DROP_BEFORE_ACCEPTING = "drop_before_accepting"
    ACCEPT_THEN_DROP = "accept_then_drop"
    ERROR_500 = "error_500"
    ERROR_500_THOUGH_ACCEPTED = "error_500_though_accepted"
    BUSY_THOUGH_ACCEPTED = "busy_though_accepted"
    DOWN = "down"
    SLOW = "slow"
    HANG = "hang"
    SLOW_BYTES = "slow_bytes"
    CUT_BODY = "cut_body"
    JUNK_BODY = "junk_body"
    TRUNCATED_JSON = "truncated_json"
    HUGE_BODY = "huge_body"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 (a name)
    # What the books say.
    WRONG_AMOUNT = "wrong_amount"
    ANSWER_FOR_ANOTHER = "answer_for_another"
    LATE_SUCCESS = "late_success"
    LATE_APPROVAL = "late_approval"
    HIDDEN_AT_FIRST = "hidden_at_first"


# When a fault may strike: at the order, at a status query, at a token request, at the payer's
# decision on a hosted page, at a question about a payee; an armed fault may also say ANY.
CREATE, QUERY, TOKEN, DECIDE, PAYEE = "create", "query", "token", "decide", "payee"
ANY = "any"
STAGES = (CREATE, QUERY, TOKEN, DECIDE, PAYEE, ANY)

# What an instruction asks for; a simulator says which it has.
COLLECT, REFUND, DISBURSE = "collect", "refund", "disburse"

# The last six digits of a payer's number choose the fault, the same for every provider.
MAGIC_SUFFIXES: dict[str, tuple[FaultKind, float | None]] = {
    "900001": (FaultKind.NO_CALLBACK, None),
    "900002": (FaultKind.DUPLICATE_CALLBACK, None),
    "900003": (FaultKind.LATE_CALLBACK, None),
    "900004": (FaultKind.OUT_OF_ORDER_CALLBACK, None),
    "900005": (FaultKind.FORGED_CALLBACK, None),
    "900006": (FaultKind.ACCEPT_THEN_DROP, None),
    "900007": (FaultKind.ERROR_500_THOUGH_ACCEPTED, None),
    "900008": (FaultKind.SLOW, None),
    "900009": (FaultKind.DOWN, None),
    "900010": (FaultKind.JUNK_BODY, None),
    "900011": (FaultKind.WRONG_AMOUNT, None),
    "900012": (FaultKind.LATE_SUCCESS, None),
    "900013": (FaultKind.CONTRADICTING, None),
    "900014": (FaultKind.ANSWER_FOR_ANOTHER, None),
    "900015": (FaultKind.DUPLICATE_CALLBACK, 100),
    "900016": (FaultKind.LATE_APPROVAL, None),
    "900017": (FaultKind.HIDDEN_AT_FIRST, None),
    "900018": (FaultKind.EARLY_CALLBACK, None),
}

# What `value` is where nobody gave one: seconds, times, bytes or seconds a byte.
DEFAULT_VALUES: dict[FaultKind, float] = {
    FaultKind.DUPLICATE_CALLBACK: 2,
    FaultKind.LATE_CALLBACK: 3.0,
    FaultKind.EARLY_CALLBACK: 0.3,
    FaultKind.SLOW: 25.0,
    FaultKind.HANG: 300.0,
    FaultKind.SLOW_BYTES: 1.0,
    FaultKind.CUT_BODY: 5,
    FaultKind.JUNK_BODY: 2,
    FaultKind.HUGE_BODY: 10_000_000,
    FaultKind.LATE_SUCCESS: 6.0,
    FaultKind.LATE_APPROVAL: 6.0,
    FaultKind.HIDDEN_AT_FIRST: 2.0,
}

JUNK_HTML = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault about to strike. `value` is None where the default is meant."""

    kind: FaultKind = FaultKind.NONE
    value: float | None = None

    @property
    def amount(self) -> float:
        """`value`, or the kind's default."""
        return DEFAULT_VALUES.get(self.kind, 0.0) if self.value is None else self.value

    def spoil(self, answer: Answer) -> Answer:
        """The answer as this fault lets it out; unchanged if it does not touch answers.

        ERROR_500…, BUSY…, DOWN and TOKEN_EXPIRED have the provider's own bodies.
        """
        spoiler = _SPOILERS.get(self.kind)
        return answer if spoiler is None else spoiler(answer, self.amount)


NO_FAULT = Fault()


_SPOILERS: dict[FaultKind, Callable[[Answer, float], Answer]] = {
    FaultKind.DROP_BEFORE_ACCEPTING: lambda answer, _: answer.changed(dropped=True),
    FaultKind.ACCEPT_THEN_DROP: lambda answer, _: answer.changed(dropped=True),
    FaultKind.SLOW: lambda answer, value: answer.changed(delay_s=value),
    FaultKind.HANG: lambda answer, value: answer.changed(delay_s=value, dropped=True),
    FaultKind.EARLY_CALLBACK: lambda answer, value: answer.changed(delay_s=value),
    FaultKind.SLOW_BYTES: lambda answer, value: answer.changed(
        body=answer.body or b"{}", seconds_per_byte=value
    ),
    # An empty body cannot be cut: it grows one that nobody may believe.
    FaultKind.CUT_BODY: lambda answer, value: answer.changed(
        body=answer.body or b'{"status":"SUCCESSFUL"}', cut_after=int(value)
    ),
    FaultKind.JUNK_BODY: lambda answer, _: html_answer(JUNK_HTML, 200),
    FaultKind.TRUNCATED_JSON: lambda answer, _: answer.changed(
        status=200, body=(answer.body or b'{"status":"SUCCESSFUL"}')[:-3]
    ),
    FaultKind.HUGE_BODY: lambda answer, value: answer.changed(
        status=200, body=b'{"status":"' + b"x" * int(value) + b'"}'
    ),
    FaultKind.WRONG_CONTENT_TYPE: lambda answer, _: answer.changed(content_type="text/html"),
}


@dataclass(frozen=True, slots=True)
class ArmedFault:
    """A fault waiting for its victim. Empty `msisdn`, `reference`, `operation`: any; `times` -1:
    for ever."""

    fault: str
    times: int = 1
    value: float | None = None
    msisdn: str = ""
    reference: str = ""
    on: str = CREATE
    operation: str = ""

    def fits(
        self, stage: str, operations: Collection[str], party: str = "", reference: str = ""
    ) -> bool:
        return (
            self.on in (ANY, stage)
            and self.operation in ("", *operations)
            and self.msisdn in ("", party)
            and self.reference in ("", reference)
        )


class Faults:
    """The armed faults of one simulator: in memory for speed, in its store for restarts."""

    _SPACE = "faults"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        # By their keys in the store, the oldest first.
        self._armed: dict[str, ArmedFault] = {}
        self.load()

    def load(self) -> None:
        with self._lock:
            entries = sorted(self._store.entries(self._SPACE))
            self._armed = {key: ArmedFault(**value) for key, value in entries}

    def arm(self, fault: ArmedFault) -> None:
        with self._lock:
            self._keep(f"{int(max(self._armed, default='0')) + 1:06}", fault)

    def disarm(self) -> None:
        with self._lock:
            self._armed.clear()
            self._store.drop(self._SPACE)

    def armed(self) -> list[ArmedFault]:
        with self._lock:
            return list(self._armed.values())

    def draw(
        self, stage: str, operations: Collection[str], *, party: str = "", reference: str = ""
    ) -> Fault:
        """The fault that strikes now: an armed one that fits (used up by this), else the magic
        of the payer's number, which works only when an order is given or decided.

        `operations`: what the call is for; of a token, all that it may serve.
        """
        if self._armed:
            with self._lock:
                for key, armed in self._armed.items():
                    if armed.fits(stage, operations, party, reference):
                        self._use(key)
                        return Fault(FaultKind(armed.fault), armed.value)
        return magic_fault(party) if stage in (CREATE, DECIDE) else NO_FAULT

    def token_expires(self, stage: str, operations: Collection[str]) -> bool:
        """Whether TOKEN_EXPIRED strikes now: drawn at the door, before the order is read."""
        if self._armed:
            with self._lock:
                for key, armed in self._armed.items():
                    is_meant = replace(armed, msisdn="", reference="").fits(stage, operations)
                    if armed.fault == FaultKind.TOKEN_EXPIRED and is_meant:
                        self._use(key)
                        return True
        return False

    def _use(self, key: str) -> None:
        armed = self._armed[key]
        if armed.times < 0:
            return
        if armed.times > 1:
            self._keep(key, replace(armed, times=armed.times - 1))
        else:
            del self._armed[key]
            self._store.drop(self._SPACE, key)

    def _keep(self, key: str, armed: ArmedFault) -> None:
        self._armed[key] = armed
        self._store.put(self._SPACE, key, asdict(armed))


def magic_fault(party: str) -> Fault:
    kind, value = MAGIC_SUFFIXES.get(party[-6:], (FaultKind.NONE, None))
    return Fault(kind, value) if kind else NO_FAULT
