"""Every fault of every simulator strikes every operation: what a connector says is the provider's
own truth, or that it does not know."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps.providers import registry
from apps.providers.contract import (
    ConnectorError,
    FailureCode,
    NotSent,
    Operation,
    OperationRequest,
    Outcome,
    OutcomeUnknown,
    ProviderMisbehaved,
    ProviderResult,
    ReferenceUnknown,
    perform,
)
from apps.providers.simulation.faults import CREATE, QUERY, TOKEN, FaultKind
from apps.providers.simulation.process import SimulatorProcess
from apps.providers.simulators import SIMULATORS
from tests.providers.rails import (
    OPERATIONS,
    HastyTransport,
    build,
    paid_order,
    question,
    request_for,
)

SUCCEEDED = {simulator.code: simulator.succeeded for simulator in SIMULATORS}
KINDS = [kind for kind in FaultKind if kind]
PATIENCE_S = 0.4
HASTY = {FaultKind.SLOW, FaultKind.HANG, FaultKind.SLOW_BYTES}
VALUES = {
    FaultKind.LATE_CALLBACK: 0.2,
    FaultKind.EARLY_CALLBACK: 0.05,
    FaultKind.DUPLICATE_CALLBACK: 3,
    FaultKind.SLOW: 1.0,
    FaultKind.HANG: 1.0,
    FaultKind.HUGE_BODY: 1_000_000,
    FaultKind.LATE_SUCCESS: 0.3,
    FaultKind.LATE_APPROVAL: 0.3,
    FaultKind.HIDDEN_AT_FIRST: 0.3,
}
# Orange takes a client that had a slow answer sooner than this to have sent its payer to the page.
ORANGE_SLOW_S = 16.0
# The provider contradicts its own books, or says nothing that names this order.
MISLED = {FaultKind.WRONG_AMOUNT, FaultKind.ANSWER_FOR_ANOTHER}
# Nothing of it reached the provider's books.
UNTAKEN = {FaultKind.DROP_BEFORE_ACCEPTING, FaultKind.ERROR_500, FaultKind.DOWN}
SETTLES_WITHIN_S = 20.0
WITH_TOKEN = ("mtn_momo", "orange_webpay")
# What can befall the answer to a request for a token, which is about nobody's order.
TOKEN_KINDS = [
    FaultKind.DROP_BEFORE_ACCEPTING,
    FaultKind.DOWN,
    FaultKind.SLOW,
    FaultKind.HANG,
    FaultKind.SLOW_BYTES,
    FaultKind.CUT_BODY,
    FaultKind.JUNK_BODY,
    FaultKind.TRUNCATED_JSON,
    FaultKind.HUGE_BODY,
    FaultKind.WRONG_CONTENT_TYPE,
]


@pytest.fixture(scope="module")
def simulators(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulators")
    process = SimulatorProcess(data_dir=folder / "data", report_dir=folder / "reports")
    with process:
        # Nobody opens a page here: payers pay by themselves.
        for code in HOSTED:
            process.control("POST", "/settings", {"provider": code, **PAYS_BY_HIMSELF})
        yield process


# Whose payers agree on a page.
HOSTED = ("orange_webpay", "wave")
PAYS_BY_HIMSELF = {"auto_approve_after_s": 0}


@pytest.fixture(scope="module")
def collected(simulators):
    return {
        code: paid_order(code, simulators.url)
        for code, operation in OPERATIONS
        if operation is Operation.REFUND
    }


@pytest.fixture(autouse=True)
def disarmed(simulators):
    yield
    simulators.control("DELETE", "/faults")


@dataclass
class Story:
    """One order, what was said of it, and what the provider's books say."""

    simulators: SimulatorProcess
    code: str
    operation: Operation
    request: OperationRequest
    transport: HastyTransport
    connector: Any
    said: list[ProviderResult | ConnectorError] = field(default_factory=list)
    connector_state: dict[str, str] = field(default_factory=dict)

    @property
    def own_reference(self) -> str:
        return str(self.connector.statement_reference(self.request.reference))

    def arm_token(self, kind: FaultKind) -> None:
        armed = {"provider": self.code, "fault": kind.value, "on": TOKEN, "times": -1}
        self.simulators.control("POST", "/faults", {**armed, "value": VALUES.get(kind)})
        if kind in HASTY:
            self.transport.patience_s = PATIENCE_S

    def disarm(self) -> None:
        self.simulators.control("DELETE", "/faults")
        self.transport.patience_s = HastyTransport.patience_s

    def arm(self, kind: FaultKind, stage: str) -> None:
        value = VALUES.get(kind)
        if kind is FaultKind.SLOW and self.code == "orange_webpay" and stage == CREATE:
            value = ORANGE_SLOW_S
        wanted = {"provider": self.code, "fault": kind.value, "on": stage, "value": value}
        armed = {**wanted, "operation": self.operation.value, "reference": self.own_reference}
        self.simulators.control("POST", "/faults", armed)
        if kind in HASTY:
            self.transport.patience_s = PATIENCE_S

    def has_struck(self) -> bool:
        """Whether it has; one that gave up waiting may be ahead of the provider."""
        give_up_at = time.monotonic() + SETTLES_WITHIN_S
        while self.simulators.control("GET", "/faults"):
            if time.monotonic() > give_up_at:
                return False
            time.sleep(0.02)
        return True

    def book(self) -> dict[str, Any] | None:
        found = [
            entry
            for entry in self.simulators.control("GET", f"/books/{self.code}")
            if entry["reference"] == self.own_reference
        ]
        assert len(found) <= 1
        assert [entry["operation"] for entry in found] in ([], [self.operation])
        return found[0] if found else None

    def perform(self) -> None:
        try:
            result = perform(self.connector, self.operation, self.request)
        except ConnectorError as error:
            self.said.append(error)
        else:
            self.connector_state = dict(result.connector_state) or self.connector_state
            self.said.append(result)

    def ask(self) -> None:
        """Ask, and compare what is said with the books: as they are now, or were just before."""
        before = self.book()
        try:
            result = self.connector.query(
                question(self.operation, self.request, self.connector_state)
            )
        except ConnectorError as error:
            self.said.append(error)
        else:
            self.said.append(result)
            assert self.is_true(result, before) or self.is_true(result, self.book()), result

    def is_true(self, result: ProviderResult, entry: dict[str, Any] | None) -> bool:
        if result.outcome in {Outcome.PENDING, Outcome.REQUIRES_ACTION}:
            return True
        if entry is None:
            return False
        if result.outcome is Outcome.SUCCEEDED:
            return entry["status"] == SUCCEEDED[self.code]
        return result.outcome is Outcome.FAILED and entry["status"] in {"FAILED", "EXPIRED"}

    def ask_until_settled(self) -> None:
        """Until the provider's word is the one its books will keep, or nobody can say more."""
        give_up_at = time.monotonic() + SETTLES_WITHIN_S
        while time.monotonic() < give_up_at:
            self.ask()
            entry = self.book()
            if isinstance(self.said[-1], ProviderResult) and not self.is_open():
                if entry is not None and entry["decide_at"] <= time.time():
                    return
            elif self.is_at_its_end(entry):
                return
            time.sleep(0.02)
        pytest.fail(f"it never settled: {self.said[-1]!r}")

    def is_open(self) -> bool:
        last = self.said[-1]
        return isinstance(last, ConnectorError) or last.outcome in {
            Outcome.PENDING,
            Outcome.REQUIRES_ACTION,
        }

    def is_at_its_end(self, entry: dict[str, Any] | None) -> bool:
        """Asking again brings nothing new: it is not in the books, or what is there names no payer
        who could pay, or the provider goes on telling of another order."""
        last = self.said[-1]
        if isinstance(last, ReferenceUnknown):
            return entry is None or (not self.connector_state and self.code == "orange_webpay")
        lasting = entry is not None and entry["fault"] in MISLED
        return isinstance(last, ProviderMisbehaved) and lasting


@pytest.fixture
def story(simulators, collected):
    def told(code, operation, kind):
        transport = HastyTransport()
        connector = build(code, simulators.url, transport=transport)
        paid = collected.get(code)
        if registry.PROFILES[code].operations[operation].is_whole_only:
            # It can be given back once.
            paid = paid_order(code, simulators.url)
        request = request_for(code, operation, collected=paid)
        if kind in HASTY:
            # The token is there before patience is short.
            with pytest.raises((ReferenceUnknown, ProviderMisbehaved)):
                connector.query(question(operation, request, {"pay_token": "none"}))
        return Story(simulators, code, operation, request, transport, connector)

    return told


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_whatever_befalls_an_order_what_is_said_of_it_is_true_or_unknown(
    story, code, operation, kind
):
    one = story(code, operation, kind)
    one.arm(kind, CREATE)

    one.perform()
    assert one.has_struck()
    one.ask_until_settled()
    entry = one.book()

    first, last = one.said[0], one.said[-1]
    if isinstance(first, NotSent):
        # It may be sent elsewhere: no money moved, and none will.
        assert entry is None or entry["status"] != SUCCEEDED[code]
        assert registry.PROFILES[code].operations[operation].approval == "redirect" or not entry
    elif isinstance(first, ConnectorError):
        assert isinstance(first, OutcomeUnknown)
    else:
        assert first.outcome in {Outcome.PENDING, Outcome.REQUIRES_ACTION}
    if kind in UNTAKEN:
        assert entry is None
        assert isinstance(last, ReferenceUnknown)
    if kind is FaultKind.WRONG_AMOUNT and isinstance(last, ProviderResult):
        # What the platform compares must be what it was told, not what it hoped for.
        assert last.amount != one.request.amount
    if kind is FaultKind.ANSWER_FOR_ANOTHER:
        assert not [said for said in one.said[1:] if isinstance(said, ProviderResult)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_whatever_befalls_a_question_the_answer_is_true_or_none(story, code, operation, kind):
    one = story(code, operation, kind)
    one.perform()
    one.arm(kind, QUERY)

    one.ask()
    assert one.has_struck()
    one.ask_until_settled()

    entry = one.book()
    last = one.said[-1]
    assert (entry["status"], entry["times_executed"]) == (SUCCEEDED[code], 1)
    assert isinstance(last, ProviderResult)
    assert last.outcome is Outcome.SUCCEEDED
    assert last.amount in {None, one.request.amount} or kind is FaultKind.WRONG_AMOUNT


@pytest.mark.parametrize("kind", TOKEN_KINDS)
@pytest.mark.parametrize(
    ("code", "operation"), [each for each in OPERATIONS if each[0] in WITH_TOKEN]
)
def test_whatever_befalls_a_token_nothing_is_sent_without_one_and_no_answer_is_made_up(
    simulators, collected, code, operation, kind
):
    request = request_for(code, operation, collected=collected.get(code))

    def tell():
        transport = HastyTransport()
        connector = build(code, simulators.url, transport=transport)
        return Story(simulators, code, operation, request, transport, connector)

    struck = tell()
    struck.arm_token(kind)
    struck.perform()
    is_sent = isinstance(struck.said[0], ProviderResult)
    assert is_sent or isinstance(struck.said[0], NotSent)
    assert is_sent == (struck.book() is not None)
    struck.disarm()
    if not is_sent:
        # By the same connector: a token that could not be had is asked for anew.
        struck.perform()
    assert isinstance(struck.said[-1], ProviderResult)

    asking = tell()
    asking.connector_state = struck.connector_state
    asking.arm_token(kind)
    asking.ask()
    asking.disarm()
    asking.ask_until_settled()
    entry = asking.book()
    assert (entry["status"], entry["times_executed"]) == (SUCCEEDED[code], 1)
    assert asking.said[-1].outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("code", "operation"),
    [
        (code, operation)
        for code, operation in OPERATIONS
        if registry.PROFILES[code].operations[operation].is_repeat_safe
    ],
)
def test_what_may_be_repeated_moves_money_once_whatever_befell_it(story, code, operation, kind):
    one = story(code, operation, kind)
    one.arm(kind, CREATE)

    one.perform()
    one.perform()
    one.ask_until_settled()

    entry = one.book()
    assert entry is not None
    assert entry["amount"] == one.request.amount
    forged = kind is FaultKind.FORGED_CALLBACK
    assert entry["times_executed"] == (0 if forged else 1)
    if forged:
        assert one.said[-1].failure_code in {
            FailureCode.PAYER_DECLINED,
            FailureCode.PROVIDER_DECLINED,
        }


@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_a_fault_of_one_operation_leaves_the_others_alone(simulators, story, code, operation):
    others = {other for known, other in OPERATIONS if known == code} - {operation}
    left_alone = [story(code, other, FaultKind.NONE) for other in others]
    struck = story(code, operation, FaultKind.NONE)
    simulators.control(
        "POST",
        "/faults",
        {"provider": code, "fault": "down", "operation": operation.value, "times": -1},
    )

    for one in left_alone:
        one.perform()
        assert isinstance(one.said[0], ProviderResult)
    struck.perform()

    assert isinstance(struck.said[0], ConnectorError)
    assert struck.book() is None
