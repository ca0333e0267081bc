"""What the platform and a connector say to each other.

A connector imports this module, what connectors share (`providers.kit`) and nothing else of the
platform. Amounts are integers in the
currency's minor unit; phone numbers are E.164 digits without "+"; times are aware UTC.

Which protocols a connector has decides what it can do (OPERATIONS); `Queries` is obligatory, the
others are optional. Its profile says how the rail serves each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, BinaryIO, Protocol, runtime_checkable
from uuid import UUID

Clock = Callable[[], datetime]


class Operation(StrEnum):
    """What an instruction asks a provider to do."""

    COLLECT = "collect"
    REFUND = "refund"
    DISBURSE = "disburse"


class OwnMovement(StrEnum):
    """What a report's line says of our own money, that no instruction of ours asked for."""

    # It left for our bank, or another account of ours.
    SWEEP = "sweep"
    # What a payout or a refund had sent came back: it is that one's, and no payment.
    RETURNED = "returned"


class Outcome(StrEnum):
    """The provider's word on one instruction. An unknown word is PENDING, never FAILED."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class FailureCode(StrEnum):
    """Why money did not move: the closed list merchants see. Sentences: rules/failures.py."""

    PAYER_DECLINED = "payer_declined"
    PAYER_TIMED_OUT = "payer_timed_out"
    PAYER_NOT_FOUND = "payer_not_found"
    PAYER_BLOCKED = "payer_blocked"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_REACHED = "limit_reached"
    MERCHANT_ACCOUNT_BLOCKED = "merchant_account_blocked"
    PAYEE_NOT_FOUND = "payee_not_found"
    PAYEE_CANNOT_RECEIVE = "payee_cannot_receive"
    PAYEE_LIMIT_REACHED = "payee_limit_reached"
    PROVIDER_DECLINED = "provider_declined"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    CONFIGURATION = "configuration"


class ConnectorError(Exception):
    """What went wrong, as `str(error)`; the class says what the caller must do."""


class NotSent(ConnectorError):
    """Proved: the provider did not receive the instruction. It may be sent again or elsewhere."""

    def __init__(self, message: str, *, failure_code: FailureCode | None = None) -> None:
        super().__init__(message)
        # Set when a second try would meet the same refusal (bad credentials, closed account).
        self.failure_code = failure_code


class CredentialsUnreadable(NotSent):
    """This account can neither send nor ask until a person has mended its credentials."""

    def __init__(self, message: str) -> None:
        super().__init__(message, failure_code=FailureCode.CONFIGURATION)


class PayeeRefused(NotSent):
    """Before anything was sent, the provider said that this payee is not to be paid: its answer,
    and no trouble of its own."""

    def __init__(self, failure_code: FailureCode) -> None:
        super().__init__("the provider does not pay this payee", failure_code=failure_code)


class OutcomeUnknown(ConnectorError):
    """It may or may not have been received. Never send again; ask."""


class ProviderBusy(OutcomeUnknown):
    """The provider said that it takes nothing now (429, 503), which does not prove that it did not
    take this. Where repeating the same reference is safe, it is repeated; else asked about."""


class ReferenceUnknown(ConnectorError):
    """The provider never heard of our reference. Believed only after its own grace period."""


class ProviderMisbehaved(ConnectorError):
    """An answer outside the protocol. The outcome is unknown and a person must look."""


class CallbackRejected(ConnectorError):
    """A callback that cannot be from the provider. Answered 400."""


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the payer has to do. `kind` is "approve_on_phone" or "redirect" (then `url`)."""

    kind: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ProviderResult:
    """One answer of a provider, in our words.

    `amount`, `currency` and `counterparty` are what the provider understood, None or "" where its
    protocol does not say; the platform compares them with what it asked for. `connector_state` is
    what the connector needs to ask again (tokens included): kept encrypted and handed back in
    `QueryRequest.connector_state`; empty means "keep what you have". `raw` is stored, so it holds
    no secret and no PIN.

    `may_yet_succeed`: it failed because the provider stopped waiting or trying, which does not
    prove that no money moves; "payer_timed_out" says so by itself.
    """

    outcome: Outcome
    provider_reference: str = ""
    failure_code: FailureCode | None = None
    may_yet_succeed: bool = False
    next_action: NextAction | None = None
    amount: int | None = None
    currency: str = ""
    counterparty: str = ""
    connector_state: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    # What of the answer could not be kept as it came, for a person; "" when all of it was.
    cut: str = ""


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """Ask a payer for money. `reference` is a UUIDv4, ours, fixed before the call.

    `not_after`: from this instant on not a byte of it may leave; None for no bound.
    """

    reference: UUID
    amount: int
    currency: str
    country: str
    payer_msisdn: str
    description: str
    merchant_name: str
    callback_url: str
    return_url: str
    cancel_url: str
    language: str = "fr"
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give a payer back all or part of what one instruction collected.

    `reference` is new; `collected_reference` and `collected_provider_reference` are those of the
    instruction that collected it. `not_after` as in CollectRequest.
    """

    reference: UUID
    amount: int
    currency: str
    country: str
    payer_msisdn: str
    collected_reference: UUID
    collected_provider_reference: str
    description: str
    merchant_name: str
    callback_url: str
    language: str = "fr"
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class DisburseRequest:
    """Send money to a payee. `reference` and `not_after` as in CollectRequest."""

    reference: UUID
    amount: int
    currency: str
    country: str
    payee_msisdn: str
    description: str
    merchant_name: str
    callback_url: str
    language: str = "fr"
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """Ask what became of an instruction. `counterparty`: the number it asked or paid, ""
    where that is not kept.

    `collected_reference`: of a refund, the instruction that collected. `ordered_at`: since when it
    may have been sent.
    """

    reference: UUID
    amount: int
    currency: str
    counterparty: str
    operation: Operation = Operation.COLLECT
    provider_reference: str = ""
    connector_state: Mapping[str, str] = field(default_factory=dict)
    collected_reference: UUID | None = None
    ordered_at: datetime | None = None


class PayeeStatus(StrEnum):
    """What a provider says of a wallet before money is sent to it."""

    CAN_RECEIVE = "can_receive"
    NOT_FOUND = "not_found"
    CANNOT_RECEIVE = "cannot_receive"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PayeeRequest:
    """Ask whether a wallet could be paid. Moves no money and promises nothing of a later order.

    `wants_name`: and whose it is.
    """

    payee_msisdn: str
    country: str
    currency: str
    wants_name: bool = False


@dataclass(frozen=True, slots=True)
class PayeeCheck:
    """The answer. `detail` says to a person why it is UNKNOWN; it names nobody. `name`: whose
    wallet it is, where that was asked and the rail says it; it is logged nowhere."""

    status: PayeeStatus
    detail: str = ""
    name: str = field(default="", repr=False)

    @property
    def failure_code(self) -> FailureCode | None:
        """Why this payee is not to be paid; None where nothing is known against it."""
        return _PAYEE_FAILURES.get(self.status)


_PAYEE_FAILURES = {
    PayeeStatus.NOT_FOUND: FailureCode.PAYEE_NOT_FOUND,
    PayeeStatus.CANNOT_RECEIVE: FailureCode.PAYEE_CANNOT_RECEIVE,
}


@dataclass(frozen=True, slots=True)
class WalletBalance:
    """What one of our wallets at a provider can spend, by the provider's word.

    `wallet` is the provider's own word for it, `available` in minor units. `pays_out`: refunds and
    payouts are taken from it.
    """

    wallet: str
    available: int
    currency: str
    pays_out: bool


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A callback as it came, `headers` with lower-case names (content-type and those its profile
    names), and the state of its attempt; none where it came to an account's address. Of
    "authorization" it is the SHA-256 in hex that is kept."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    connector_state: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime | None = None


# Ten times what may be ordered at once: a total of many movements is a line too. Shares of it in
# basis points, and the sum of hundreds of thousands, are still numbers that the database holds.
STATED_AMOUNT_MAX = 10**13
# Of `occurred_at`, in UTC: every zone has these years, and a few days around them.
STATED_YEARS = range(2, 9999)


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """One line of a provider's report. `fee` and `amount` in minor units, `amount` before fees,
    neither above STATED_AMOUNT_MAX.

    `reference` is ours as the provider echoes it, in the form `statement_reference` gives.
    `outcome` is SUCCEEDED or FAILED; anything else has no place in a report of money moved.
    `kind`: what was asked of the provider, or how our own money moved; None where its report does
    not say. Of a sweep `amount` is below zero; of what was returned `fee` is, where it came back
    too, and the references are those of what it undoes. `number`: the payer's or payee's, as
    written; it is looked for and not kept. `settlement_reference`: which payment of the provider's
    the line is summed up in. A line that has it and names no movement (no other reference, no
    number) is the total of that settlement.
    """

    line_number: int
    reference: str
    provider_reference: str
    amount: int
    fee: int
    currency: str
    outcome: Outcome
    occurred_at: datetime
    raw: str
    kind: Operation | OwnMovement | None = None
    merchant_reference: str = ""
    number: str = ""
    settlement_reference: str = ""


@dataclass(frozen=True, slots=True)
class StatementProblem:
    """A line that could not be read: kept, shown to finance, never dropped."""

    line_number: int
    problem: str
    raw: str


@dataclass(frozen=True, slots=True)
class StatementBlock:
    """Many StatementRecords by column, each written so that nobody can read it otherwise.

    Columns are equally long. References are of at most 64 printable ASCII letters without white
    space and backslash; amounts and fees are digits, up to STATED_AMOUNT_MAX; `outcomes` and
    `operations` are values ("" where the report does not say what was asked); `instants` are ISO
    8601 with seconds and their zone, at most fourteen hours from UTC, of the years 1900 to 2099.
    `is_all_read`: a raw line has no cell that is not in the columns, and no digit but in these.
    """

    line_numbers: Sequence[int]
    references: Sequence[str]
    provider_references: Sequence[str]
    amounts: Sequence[str]
    fees: Sequence[str]
    currencies: Sequence[str]
    outcomes: Sequence[str]
    operations: Sequence[str]
    instants: Sequence[str]
    raws: Sequence[str]
    is_all_read: bool = False


@dataclass(frozen=True, slots=True)
class MovementPage:
    """A page of a provider's list of a day's movements, as it is kept: `content` of all its pages
    in turn is the file that `read_statement` reads. `next_position` "": it is the last.
    """

    content: bytes
    next_position: str


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """One line of a provider's file of disputes. `amount` in minor units, what is disputed.

    `case`: the provider's own number of it. `reference` and `provider_reference` name the payment,
    as in a StatementRecord. `reason`: one of ours; `reason_word` is what stood there.
    `evidence_due_at` None: the file names no date.
    """

    line_number: int
    case: str
    reference: str
    provider_reference: str
    amount: int
    currency: str
    reason: str
    reason_word: str
    occurred_at: datetime
    evidence_due_at: datetime | None
    raw: str


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete HTTP answer. `body` is at most the transport's size limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """The only way a connector reaches the network.

    `timeout_s` bounds the whole exchange, from the name to the last byte of the answer.
    `not_after` is looked at last, when the connection stands and before the first byte leaves.
    `is_instruction` False: it moves no money whatever becomes of it (a token, a question). Call it
    on the thread that called the connector: the platform notes there whether an instruction left.

    Raises NotSent until the first byte of the request has left (no connection, no TLS, too late),
    OutcomeUnknown for everything after that (timeout, reset, answer too long or cut short). Never
    follows redirects.
    """

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
    ) -> HttpAnswer: ...


@dataclass(frozen=True, slots=True)
class OperationProfile:
    """How a rail serves one operation.

    `currencies` maps ISO country to ISO currency; `operators` are those whose wallets it reaches.
    `approval` is the payer's way to agree ("approve_on_phone" or "redirect"), "" where nobody is
    asked. `expires_after_s`: when a prompt nobody answered is reported as expired (we keep asking;
    a late success is still booked); 0 where there is none. `unknown_reference_grace_s`: how long
    "never heard of it" proves nothing. `is_repeat_safe`: the same reference, sent again, never
    moves money twice. `is_whole_only`: of a refund, it gives back the whole payment or nothing.
    """

    currencies: Mapping[str, str]
    operators: tuple[str, ...]
    amount_min: int
    amount_max: int
    unknown_reference_grace_s: int
    approval: str = ""
    expires_after_s: int = 0
    is_repeat_safe: bool = False
    is_whole_only: bool = False


@dataclass(frozen=True, slots=True)
class ConnectorProfile:
    """What a connector serves, by operation: facts of the rail, not of one merchant's contract.

    `name` is what payers call it. `callback_headers`: what `parse_callback` reads beside
    content-type, in lower case (a signature, its time); no other header is kept.
    `names_every_success`: its answers give each movement of money a reference of the provider's,
    so that a success without one was misread.
    """

    code: str
    name: str
    operations: Mapping[Operation, OperationProfile]
    callback_headers: tuple[str, ...] = ()
    names_every_success: bool = False


@runtime_checkable
class Queries(Protocol):
    """Obligatory: "what became of it?" Raises ReferenceUnknown, OutcomeUnknown, NotSent, …"""

    profile: ConnectorProfile

    def query(self, request: QueryRequest) -> ProviderResult: ...


@runtime_checkable
class Collects(Protocol):
    """Money in. PENDING or REQUIRES_ACTION is the usual answer."""

    def collect(self, request: CollectRequest) -> ProviderResult: ...


@runtime_checkable
class Refunds(Protocol):
    """Money back by the rail's own refund. PENDING is the usual answer."""

    def refund(self, request: RefundRequest) -> ProviderResult: ...


@runtime_checkable
class Disburses(Protocol):
    """Money out. PENDING is the usual answer."""

    def disburse(self, request: DisburseRequest) -> ProviderResult: ...


@runtime_checkable
class ChecksPayee(Protocol):
    """Whether a payee's wallet is there and may receive. What the provider did not say is UNKNOWN:
    as the platform meets a connector, this raises nothing."""

    def check_payee(self, request: PayeeRequest) -> PayeeCheck: ...


@runtime_checkable
class ReadsBalances(Protocol):
    """How much our wallets at the provider hold, in the account's currency.

    Raises NotSent, OutcomeUnknown (both: no news) or ProviderMisbehaved.
    """

    def read_balances(self, currency: str) -> Sequence[WalletBalance]: ...


@runtime_checkable
class ParsesCallbacks(Protocol):
    """Checks what can be checked in a callback; raises CallbackRejected. Says nothing of money.

    Returns the references of ours that it names: what the provider is to be asked about where the
    callback came to an account's address. None of them is believed to be ours before.
    """

    def parse_callback(self, callback: CallbackRequest) -> Sequence[UUID]: ...


@runtime_checkable
class Closes(Protocol):
    """Holds what must be given back: a line kept open, a session. Called when its account has
    changed, while calls may be under way: those must end as they would have."""

    def close(self) -> None: ...


@runtime_checkable
class ReadsStatements(Protocol):
    """Reads the provider's daily report, line by line, never raising for one bad line."""

    def read_statement(self, file: BinaryIO) -> Iterator[StatementRecord | StatementProblem]: ...

    @staticmethod
    def statement_reference(reference: UUID) -> str:
        """Our reference as the provider's report writes it (its join key)."""
        ...


@runtime_checkable
class ReadsBlocks(Protocol):
    """Reads the same report faster: plain lines in blocks, in any order."""

    def read_blocks(
        self, file: BinaryIO
    ) -> Iterator[StatementRecord | StatementProblem | StatementBlock]: ...


@runtime_checkable
class ListsMovements(Protocol):
    """Says, by the provider's API, what moved on a day: the report of a day that no file brings.

    `day` is the provider's. `position` is where a page before ended, "" for the first. Raises
    NotSent, OutcomeUnknown (both: no news) or ProviderMisbehaved.
    """

    def list_movements(self, day: date, position: str = "") -> MovementPage: ...


@runtime_checkable
class ReadsDisputes(Protocol):
    """Reads the provider's file of disputes, line by line, never raising for one bad line."""

    def read_disputes(self, file: BinaryIO) -> Iterator[DisputeRecord | StatementProblem]: ...


OperationRequest = CollectRequest | RefundRequest | DisburseRequest

# What a class must have to carry an operation out: a method of the operation's name.
OPERATIONS: Mapping[Operation, type] = {
    Operation.COLLECT: Collects,
    Operation.REFUND: Refunds,
    Operation.DISBURSE: Disburses,
}


def can(connector: object, operation: Operation) -> bool:
    """Whether this connector, or class of connectors, has the operation's protocol."""
    return isinstance(connector, OPERATIONS[operation])


def perform(connector: object, operation: Operation, request: OperationRequest) -> ProviderResult:
    """Carry the operation out.

    Raises what its protocol raises; NotSent for a connector that does not have it.
    """
    if not can(connector, operation):
        raise NotSent(f"this rail cannot {operation}", failure_code=FailureCode.CONFIGURATION)
    result: ProviderResult = getattr(connector, operation.value)(request)
    return result
