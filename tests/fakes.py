"""Stand-ins a test can steer: a clock, and a provider that lives in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from apps.core.work import outbox
from apps.orchestration import tasks
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.claim_attempts import ClaimedAttempt, CreatedAttempts
from apps.orchestration.services.handle_callback import (
    close_callbacks,
    handle_callback,
    open_callbacks,
)
from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    CollectRequest,
    ConnectorError,
    ConnectorProfile,
    DisburseRequest,
    NextAction,
    NotSent,
    Operation,
    OperationProfile,
    OperationRequest,
    Outcome,
    ProviderResult,
    QueryRequest,
    ReferenceUnknown,
    RefundRequest,
)
from apps.providers.transports.http import HttpTransport

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

FAKE = "fake"


class FakeClock:
    """What timezone.now says, until moved."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@dataclass(frozen=True)
class Instruction:
    """What the provider wrote in its book when it was asked to move money."""

    amount: int
    currency: str
    counterparty: str
    outcome: Outcome = Outcome.PENDING


class FakeProvider:
    """A provider in memory, and the truth of what it executed.

    `on_collect` (of all that is sent) and `on_query` are called in place of the usual answer, once
    each, in turn.
    """

    def __init__(self) -> None:
        self.book: dict[UUID, Instruction] = {}
        self.orders: list[OperationRequest] = []
        self.queries: list[QueryRequest] = []
        self.on_collect: list[Callable[[OperationRequest], ProviderResult]] = []
        self.on_query: list[Callable[[QueryRequest], ProviderResult]] = []

    def settle(self, reference: UUID, outcome: Outcome) -> None:
        """The payer has answered."""
        self.book[reference] = replace(self.book[reference], outcome=outcome)

    def accept(self, request: OperationRequest) -> ProviderResult:
        is_payout = isinstance(request, DisburseRequest)
        counterparty = request.payee_msisdn if is_payout else request.payer_msisdn
        # The same reference never moves money twice.
        entry = self.book.setdefault(
            request.reference, Instruction(request.amount, request.currency, counterparty)
        )
        if not isinstance(request, CollectRequest):
            return ProviderResult(entry.outcome)
        return ProviderResult(
            Outcome.PENDING,
            next_action=NextAction("approve_on_phone"),
            connector_state={"secret": "s3cret"},
            raw={"accepted": True},
        )

    def answer(self, request: QueryRequest) -> ProviderResult:
        instruction = self.book.get(request.reference)
        if instruction is None:
            raise ReferenceUnknown(str(request.reference))
        return ProviderResult(
            instruction.outcome,
            provider_reference=f"F{request.reference.int % 10**8}",
            amount=instruction.amount,
            currency=instruction.currency,
            counterparty=instruction.counterparty,
            raw={"status": instruction.outcome},
        )


# What goes out, to wallets of more operators than it collects from.
OUT = OperationProfile(
    currencies={"CM": "XAF"},
    operators=("mtn", "orange"),
    amount_min=100,
    amount_max=1_000_000,
    unknown_reference_grace_s=900,
)


class FakeConnector:
    """Follows contract.py; its `config` is the provider itself."""

    profile = ConnectorProfile(
        code=FAKE,
        name="Fake Money",
        operations={
            Operation.COLLECT: OperationProfile(
                currencies={"CM": "XAF"},
                operators=("mtn",),
                approval="approve_on_phone",
                amount_min=100,
                amount_max=1_000_000,
                expires_after_s=600,
                unknown_reference_grace_s=900,
            ),
            Operation.REFUND: OUT,
            Operation.DISBURSE: OUT,
        },
    )

    def __init__(self, *, config: FakeProvider, transport: HttpTransport, clock: object) -> None:
        self._provider = config
        self._transport = transport

    def collect(self, request: CollectRequest) -> ProviderResult:
        return self._take(request)

    def refund(self, request: RefundRequest) -> ProviderResult:
        return self._take(request)

    def disburse(self, request: DisburseRequest) -> ProviderResult:
        return self._take(request)

    def _take(self, request: OperationRequest) -> ProviderResult:
        if request.not_after and timezone.now() >= request.not_after:
            raise NotSent("too late to send")
        # The provider has heard it: nobody can say that it was not sent.
        self._transport.note_instruction()
        self._provider.orders.append(request)
        if self._provider.on_collect:
            return self._provider.on_collect.pop(0)(request)
        return self._provider.accept(request)

    def query(self, request: QueryRequest) -> ProviderResult:
        self._provider.queries.append(request)
        if self._provider.on_query:
            return self._provider.on_query.pop(0)(request)
        return self._provider.answer(request)

    def parse_callback(self, callback: CallbackRequest) -> Sequence[UUID]:
        try:
            body = json.loads(callback.body)
        except ValueError:
            raise CallbackRejected("not JSON") from None
        if body.get("secret") != callback.connector_state.get("secret"):
            raise CallbackRejected("not the attempt's secret")
        return ()


def changed_profile(*, code: str = FAKE, **changes: object) -> ConnectorProfile:
    """The profile of a provider that collects otherwise: `changes` of its OperationProfile."""
    collects = replace(FakeConnector.profile.operations[Operation.COLLECT], **changes)
    return replace(FakeConnector.profile, code=code, operations={Operation.COLLECT: collects})


class RepeatSafeConnector(FakeConnector):
    """At this provider the same reference may be sent again."""

    profile = replace(
        FakeConnector.profile,
        operations={
            operation: replace(served, is_repeat_safe=True)
            for operation, served in FakeConnector.profile.operations.items()
        },
    )


GENUINE_CALLBACK = json.dumps({"secret": "s3cret", "status": "whatever it says"}).encode()


def raising(error: ConnectorError) -> Callable[[object], ProviderResult]:
    """An answer for `on_collect` and `on_query`: this error."""

    def answer(_request: object) -> ProviderResult:
        raise error

    return answer


def handle_callbacks(messages: list[outbox.ClaimedMessage], now: datetime) -> None:
    """What the worker does with these messages of topic "callback.received"."""
    opened = open_callbacks(messages)
    close_callbacks([(one, handle_callback(one)) for one in opened], now=now)


def submit_due(now: datetime) -> int:
    """What the worker does with topic "attempt.submit", here and now; how many were sent."""
    sent = 0
    while claimed := claim_due(now):
        finished = [(one, tasks.submit(one)) for one in claimed]
        apply_replies([heard for _, heard in finished if heard is not None], now=now)
        sent += len(claimed)
    return sent


def claim_due(now: datetime, limit: int = 100) -> list[ClaimedAttempt]:
    """The worker's claim of topic "attempt.submit"."""
    return CreatedAttempts().claim(limit=limit, now=now, done=[])


def register(monkeypatch, connectors: Mapping[str, tuple[object, object]]) -> None:
    """Make connectors known to the registry for one test."""
    from apps.providers import registry

    for code, (provider, connector) in connectors.items():
        monkeypatch.setitem(registry.CONNECTORS, code, (lambda _, p=provider: p, connector))
        monkeypatch.setitem(registry.PROFILES, code, connector.profile)


def open_account(**fields: object):
    """An account at the fake provider."""
    from apps.core.public_ids import new_id
    from apps.providers.registry import encrypt_credentials
    from tests.factories import ProviderAccountFactory

    account_id = new_id()
    return ProviderAccountFactory(
        **{
            "id": account_id,
            "connector": FAKE,
            "credentials_encrypted": encrypt_credentials(account_id, {}),
            **fields,
        }
    )
