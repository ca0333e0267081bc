"""A provider in memory that pays: the fake one, with a second book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.utils import timezone

from apps.providers.contract import (
    DisburseRequest,
    NotSent,
    Operation,
    OperationProfile,
    Outcome,
    PayeeCheck,
    PayeeRequest,
    PayeeStatus,
    ProviderResult,
)
from tests.fakes import FakeConnector, FakeProvider, Instruction

DISBURSES = OperationProfile(
    currencies={"CM": "XAF"},
    operators=("mtn",),
    amount_min=100,
    amount_max=1_000_000,
    unknown_reference_grace_s=900,
)


class PayingProvider(FakeProvider):
    """`on_disburse` and `on_check` are called in place of the usual answer, once each, in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.paid_orders: list[DisburseRequest] = []
        self.checks: list[PayeeRequest] = []
        self.on_disburse: list[Callable[[DisburseRequest], ProviderResult]] = []
        self.on_check: list[Callable[[PayeeRequest], PayeeCheck]] = []

    def accept_payout(self, request: DisburseRequest) -> ProviderResult:
        # The same reference never pays twice.
        self.book.setdefault(
            request.reference,
            Instruction(request.amount, request.currency, request.payee_msisdn),
        )
        return ProviderResult(Outcome.PENDING, connector_state={"secret": "s3cret"})

    @property
    def paid(self) -> list[Instruction]:
        return [one for one in self.book.values() if one.outcome is Outcome.SUCCEEDED]


class PayingConnector(FakeConnector):
    profile = replace(
        FakeConnector.profile,
        operations={**FakeConnector.profile.operations, Operation.DISBURSE: DISBURSES},
    )

    def disburse(self, request: DisburseRequest) -> ProviderResult:
        if request.not_after and timezone.now() >= request.not_after:
            raise NotSent("too late to send")
        self._transport.note_instruction()
        self._provider.paid_orders.append(request)
        if self._provider.on_disburse:
            return self._provider.on_disburse.pop(0)(request)
        return self._provider.accept_payout(request)


class CheckingConnector(PayingConnector):
    """At this provider a payee can be asked about first."""

    def check_payee(self, request: PayeeRequest) -> PayeeCheck:
        self._provider.checks.append(request)
        if self._provider.on_check:
            return self._provider.on_check.pop(0)(request)
        return PayeeCheck(PayeeStatus.CAN_RECEIVE)


class RepeatSafePayingConnector(PayingConnector):
    """At this provider the same reference may be sent again."""

    profile = replace(
        PayingConnector.profile,
        operations={
            **PayingConnector.profile.operations,
            Operation.DISBURSE: replace(DISBURSES, is_repeat_safe=True),
        },
    )
