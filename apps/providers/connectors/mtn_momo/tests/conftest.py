from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from apps.providers.connectors.mtn_momo.config import MtnMomoConfig
from apps.providers.connectors.mtn_momo.connector import MtnMomoConnector
from apps.providers.connectors.mtn_momo.simulator import (
    DEMO_API_KEY,
    DEMO_API_USER,
    DEMO_SUBSCRIPTION_KEY,
)
from apps.providers.contract import CollectRequest, Outcome, ProviderResult, QueryRequest
from apps.providers.simulation.process import SimulatorProcess
from apps.providers.simulation.tests.receiver import Receiver

from .transport import SocketTransport

# No pair of callbacks in these tests needs longer than this to be told apart.
APPROVE_AFTER_S = 0.0


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def simulators(tmp_path_factory) -> Iterator[SimulatorProcess]:
    folder = tmp_path_factory.mktemp("mtn_momo")
    process = SimulatorProcess(
        data_dir=folder / "data",
        report_dir=folder / "reports",
        approve_after_s=APPROVE_AFTER_S,
    )
    with process:
        yield process


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def config_for(process: SimulatorProcess, **changes: str) -> MtnMomoConfig:
    return MtnMomoConfig.from_mapping(
        {
            "base_url": f"{process.url}/mtn_momo",
            "target_environment": "mtncameroon",
            "subscription_key": DEMO_SUBSCRIPTION_KEY,
            "api_user": DEMO_API_USER,
            "api_key": DEMO_API_KEY,
            **changes,
        }
    )


def connector_for(
    process: SimulatorProcess, *, timeout_s_max: float = 5.0, **changes: str
) -> MtnMomoConnector:
    return MtnMomoConnector(
        config=config_for(process, **changes),
        transport=SocketTransport(timeout_s_max=timeout_s_max),
        clock=now,
    )


@pytest.fixture(scope="session")
def connector(simulators) -> MtnMomoConnector:
    return connector_for(simulators)


def order(payer_msisdn: str, **changes) -> CollectRequest:
    plain = {
        "reference": uuid4(),
        "amount": 1500,
        "currency": "XAF",
        "country": "CM",
        "payer_msisdn": payer_msisdn,
        "description": "Commande n°2031, l'été",
        "merchant_name": "Café & Cie",
        "callback_url": "",
        "return_url": "",
        "cancel_url": "",
    }
    return CollectRequest(**{**plain, **changes})


def question(order: CollectRequest) -> QueryRequest:
    return QueryRequest(
        reference=order.reference,
        amount=order.amount,
        currency=order.currency,
        counterparty=order.payer_msisdn,
    )


def ask_until(
    connector: MtnMomoConnector,
    order: CollectRequest,
    is_enough: Callable[[ProviderResult], bool] = lambda result: (
        result.outcome is not Outcome.PENDING
    ),
    *,
    timeout_s: float = 5.0,
) -> ProviderResult:
    """Query until the result is enough; the last result if it never is."""
    give_up_at = time.monotonic() + timeout_s
    while True:
        result = connector.query(question(order))
        if is_enough(result) or time.monotonic() > give_up_at:
            return result
        time.sleep(0.02)


def book_entry(process: SimulatorProcess, order: CollectRequest) -> dict[str, object] | None:
    """What the simulator itself knows of the order."""
    found = [
        entry
        for entry in process.control("GET", "/books/mtn_momo")
        if entry["reference"] == str(order.reference)
    ]
    assert len(found) <= 1
    return found[0] if found else None


def arm(process: SimulatorProcess, fault: str, order: CollectRequest | None = None, **more) -> None:
    wanted = {"provider": "mtn_momo", "fault": fault, **more}
    if order is not None:
        wanted["reference"] = str(order.reference)
    process.control("POST", "/faults", wanted)
