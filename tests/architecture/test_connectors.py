"""Every connector keeps the contract: the same small suite against each, over its simulator."""

import ast
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.core.money import EXPONENTS
from apps.providers import registry
from apps.providers.checked_connector import CheckedConnector
from apps.providers.contract import (
    CallbackRejected,
    CallbackRequest,
    ChecksPayee,
    Collects,
    NotSent,
    Operation,
    Outcome,
    OutcomeUnknown,
    ParsesCallbacks,
    PayeeRequest,
    PayeeStatus,
    Queries,
    ReadsBalances,
    ReadsStatements,
    ReferenceUnknown,
    StatementRecord,
    can,
    perform,
)
from apps.providers.rules.phone_numbers import OPERATOR_CODES
from apps.providers.simulation.process import SimulatorProcess
from apps.providers.transports.http import HttpTransport
from tests.providers.rails import (
    CODES,
    CREDENTIALS,
    OPERATIONS,
    PEOPLE,
    build,
    paid_order,
    place,
    question,
    request_for,
)

CONNECTORS = Path(registry.__file__).parent / "connectors"
ALLOWED = {
    "apps.providers.contract",
    "apps.providers.kit",
    "apps.providers.simulation",
    *sys.stdlib_module_names,
}


@pytest.fixture(scope="module")
def simulators(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulators")
    with SimulatorProcess(data_dir=folder / "data", report_dir=folder / "reports") as process:
        # What is given back was paid: nobody opens Wave's page here.
        process.control("POST", "/settings", {"provider": "wave", "auto_approve_after_s": 0})
        yield process


def test_every_folder_of_a_connector_is_registered():
    folders = {path.name for path in CONNECTORS.iterdir() if (path / "connector.py").exists()}

    assert folders == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_connector_can_ask_and_move_money_in(code):
    _, connector = registry.CONNECTORS[code]

    assert issubclass(connector, Collects)
    assert callable(connector.query)
    assert connector.profile.code == code


@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_a_profile_is_sane(code, operation):
    profile = registry.PROFILES[code].operations[operation]

    assert registry.PROFILES[code].name
    assert profile.currencies and set(profile.currencies.values()) <= set(EXPONENTS)
    assert profile.operators and set(profile.operators) <= set(OPERATOR_CODES)
    assert 0 < profile.amount_min < profile.amount_max
    assert profile.unknown_reference_grace_s >= 60
    is_asked = operation is Operation.COLLECT
    assert profile.approval in ({"approve_on_phone", "redirect"} if is_asked else {""})
    assert profile.expires_after_s >= 60 if is_asked else profile.expires_after_s == 0


@pytest.mark.parametrize("code", CODES)
def test_headers_of_callbacks_are_named_as_they_are_kept(code):
    names = registry.PROFILES[code].callback_headers

    assert [name for name in names if name != name.lower()] == []
    # Of authorization a digest is kept alone.
    assert "cookie" not in names


@pytest.mark.parametrize("code", CODES)
def test_a_payee_nobody_could_be_asked_about_is_neither_missing_nor_good(code):
    connector = build(code, "http://127.0.0.1:1")
    if not isinstance(connector, ChecksPayee):
        # Its rail has no such question: what it refuses, it refuses at the order.
        return
    asked = PayeeRequest(payee_msisdn=PEOPLE[code], **place(code))

    with pytest.raises(NotSent):
        connector.check_payee(asked)
    checked = CheckedConnector(connector, transport=HttpTransport())
    assert checked.check_payee(asked).status is PayeeStatus.UNKNOWN


@pytest.mark.parametrize("code", CODES)
def test_a_balance_nobody_could_be_asked_for_is_not_nought(code):
    connector = build(code, "http://127.0.0.1:1")
    if not isinstance(connector, ReadsBalances):
        return

    with pytest.raises((NotSent, OutcomeUnknown)):
        connector.read_balances(place(code)["currency"])


@pytest.mark.parametrize("code", CODES)
def test_a_connector_has_the_protocols_its_profile_names_and_no_others(code):
    _, connector = registry.CONNECTORS[code]

    able = {operation for operation in Operation if can(connector, operation)}

    assert able == set(registry.PROFILES[code].operations)


@pytest.mark.parametrize("code", CODES)
def test_a_connector_knows_the_contract_its_kit_and_the_standard_library_only(code):
    outside = []
    folder = CONNECTORS / code
    for path in [*folder.glob("*.py"), *folder.glob("simulator/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            outside += [
                f"{path.name}: {name}"
                for name in names
                if name.split(".")[0] not in ALLOWED
                and not any(name == own or name.startswith(own + ".") for own in ALLOWED)
                and not name.startswith(f"apps.providers.connectors.{code}")
            ]

    assert outside == []


@pytest.mark.parametrize("code", CODES)
def test_credentials_are_read_and_what_is_missing_is_named(code):
    good = {"base_url": "https://provider.example", **CREDENTIALS[code]}
    registry.check_credentials(code, good)

    for name in good:
        with pytest.raises(ValueError, match=name):
            registry.check_credentials(code, {**good, name: ""})


class Recorded(dict):
    """Credentials that know which names were asked for."""

    def __init__(self, *given):
        super().__init__(*given)
        self.asked = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self.asked.add(name)
        return super().__contains__(name)


@pytest.mark.parametrize("code", CODES)
def test_what_a_connector_reads_it_declares_and_what_is_secret_is_never_printed(code):
    read_config, _ = registry.CONNECTORS[code]
    declared = {field.name: field for field in registry.CREDENTIAL_FIELDS[code]}
    good = {"base_url": "https://provider.example", **CREDENTIALS[code]}
    given = Recorded(good)

    printed = repr(read_config(given))

    # How reports are read is a layout's own.
    of_layouts = ("statement_", "dispute_")
    assert {
        name for name in given.asked - set(declared) if not name.startswith(of_layouts)
    } == set()
    assert set(declared) <= given.asked
    everything = [*registry.PROFILES[code].operations]
    assert {name for name in declared if declared[name].is_needed(everything)} <= set(good)
    for name, field in declared.items():
        if field.is_secret:
            assert good[name] not in printed, name


@pytest.fixture(scope="module")
def collected(simulators):
    """Of each connector that gives money back, an order that was paid."""
    return {
        code: paid_order(code, simulators.url)
        for code, operation in OPERATIONS
        if operation is Operation.REFUND
    }


@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_an_order_is_taken_and_asked_about(code, operation, simulators, collected):
    connector = build(code, simulators.url)
    request = request_for(code, operation, collected=collected.get(code))

    taken = perform(connector, operation, request)
    asked = connector.query(question(operation, request, taken.connector_state))

    approval = registry.PROFILES[code].operations[operation].approval
    assert isinstance(connector, Queries)
    assert taken.outcome in {Outcome.PENDING, Outcome.REQUIRES_ACTION}
    assert (taken.next_action.kind if taken.next_action else "") == approval
    if approval == "redirect":
        assert taken.next_action.url.startswith("http")
    assert asked.outcome in {Outcome.PENDING, Outcome.SUCCEEDED}
    assert asked.amount in {None, request.amount}
    # `raw` is stored and shown.
    assert PEOPLE[code] not in str(taken.raw) + str(asked.raw)
    assert not [value for value in taken.connector_state.values() if value in str(taken.raw)]


@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_an_order_that_was_never_given_is_unknown(code, operation, simulators):
    asked = question(operation, request_for(code, operation))

    with pytest.raises(ReferenceUnknown):
        build(code, simulators.url).query(asked)


@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_without_a_connection_nothing_was_sent(code, operation):
    connector = build(code, "http://127.0.0.1:1")

    with pytest.raises(NotSent):
        perform(connector, operation, request_for(code, operation))


@pytest.mark.parametrize(("code", "operation"), OPERATIONS)
def test_what_is_too_late_is_not_sent(code, operation, simulators):
    connector = build(code, simulators.url)
    late = replace(request_for(code, operation), not_after=datetime(2020, 1, 1, tzinfo=UTC))

    with pytest.raises(NotSent):
        perform(connector, operation, late)

    assert not [
        entry
        for entry in simulators.control("GET", f"/books/{code}")
        if entry["reference"] == connector.statement_reference(late.reference)
    ]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("body", [b"", b"junk", b"[]", b"{}", b"\xff", b'{"status":1}'])
def test_what_cannot_be_a_callback_is_rejected(code, body):
    connector = build(code, "http://127.0.0.1:1")
    if not isinstance(connector, ParsesCallbacks):
        pytest.fail("it sends callbacks that nobody reads")

    with pytest.raises(CallbackRejected):
        connector.parse_callback(CallbackRequest(method="POST", headers={}, body=body))


@pytest.mark.parametrize("code", CODES)
def test_a_report_is_read_to_the_end(code, simulators):
    connector = build(code, simulators.url)
    assert isinstance(connector, ReadsStatements)
    simulators.control("POST", "/plant", {"provider": code, "kind": "extra_line"})
    report = simulators.control("POST", "/reports", {"provider": code, "day": "today"})

    records = []
    for path in report["files"]:
        with Path(path).open("rb") as file:
            records += list(connector.read_statement(file))

    assert len(records) >= len(report["breaks"])
    assert all(isinstance(record, StatementRecord) for record in records)
    assert all(record.amount > 0 and record.occurred_at.tzinfo for record in records)


@pytest.mark.parametrize("code", CODES)
def test_two_references_are_two_on_a_report(code):
    connector = build(code, "http://127.0.0.1:1")
    first, second = uuid.uuid4(), uuid.uuid4()

    assert connector.statement_reference(first) == connector.statement_reference(first)
    assert connector.statement_reference(first) != connector.statement_reference(second)
