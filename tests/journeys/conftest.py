"""The real processes: web, worker, beat and simulators, over a database of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from psycopg.rows import dict_row

from apps.providers.connectors import CODES
from local.shop import Shop
from local.stack import Stack, StackError
from tests import servers

# Each stack has one, far from the numbers that the test processes take.
REDIS_NUMBERS = {"journeys": 60, "contradictions": 61}


class Platform:
    """What merchants, payers and finance can reach of a running stack."""

    def __init__(self, stack: Stack, shop: Shop, seeded: dict[str, Any]) -> None:
        self.stack, self.shop = stack, shop
        self.password = seeded["password"]
        self.cameroon, self.ivory_coast = seeded["merchants"]
        # Who orders where nobody is named.
        self.merchant = self.cameroon
        shop.secrets += [merchant["webhook_secret"] for merchant in seeded["merchants"]]

    def pay(self, merchant: dict[str, Any], phone: str, amount: int = 1_500) -> dict[str, Any]:
        answer = requests.post(
            f"{self.stack.urls.web}/api/v1/payments",
            json={"amount": amount, "currency": merchant["currency"], "payer": {"phone": phone}},
            headers={
                "Authorization": f"Bearer {merchant['api_key']}",
                "Idempotency-Key": str(uuid.uuid4()),
            },
            timeout=120,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def send(
        self, merchant: dict[str, Any], phone: str, amount: int = 500, *, key: str = ""
    ) -> dict[str, Any]:
        """A payout."""
        answer = requests.post(
            f"{self.stack.urls.web}/api/v1/payouts",
            json={"amount": amount, "currency": merchant["currency"], "payee": {"phone": phone}},
            headers={
                "Authorization": f"Bearer {merchant['api_key']}",
                "Idempotency-Key": key or str(uuid.uuid4()),
            },
            timeout=120,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, merchant: dict[str, Any], path: str) -> dict[str, Any]:
        answer = requests.get(
            f"{self.stack.urls.web}/api/v1/{path}",
            headers={"Authorization": f"Bearer {merchant['api_key']}"},
            timeout=120,
        )
        answer.raise_for_status()
        return answer.json()

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.stack.control(path, body)

    def rows(self, sql: str, **values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.stack.servers.database_url, row_factory=dict_row) as connection:
            return connection.execute(sql, values).fetchall()

    def book(self) -> dict[str, dict[str, Any]]:
        """What the providers themselves wrote down, by our reference."""
        books = (self.control(f"books/{code}") for code in CODES)
        return {entry["reference"]: entry for book in books for entry in book}

    def received(self) -> set[tuple[str, int]]:
        """(public id, sequence) of every webhook that came with a good signature."""
        return {(event["data"]["id"], event["sequence"]) for event in self.shop.events()}

    def stop_worker(self) -> None:
        self.stack.supervisor.stop("worker")

    def start_worker(self) -> None:
        self.stack.restart("worker")

    def check_books(self, *providers: str) -> str:
        """What the checker says, clean or not: one line an invariant."""
        books = [f"{self.stack.urls.control}/books/{code}" for code in providers]
        try:
            return self.stack.manage("check_books", *(f"--book={book}" for book in books))
        except StackError as broken:
            lines = str(broken).splitlines()
            return "\n".join(line for line in lines if re.match(r"I\d|\d+ inv", line))


@pytest.fixture(scope="package")
def platform() -> Iterator[Platform]:
    with running("journeys") as found:
        yield found


@contextmanager
def running(name: str, *processes: str) -> Iterator[Platform]:
    """A stack of this name, from nothing: these processes of it, or all."""
    folder = Path(tempfile.mkdtemp(prefix="lomi journeys "))
    shop = Shop()
    stack = Stack(
        folder / "var",
        environ_extra={
            **_own_data(name),
            # A provider may not know a reference in its first two seconds (…900017).
            "SIMULATOR_GRACE_S": "5",
            "WORK_LEASE_S": "5",
            "SUBMIT_LEASE_S": "5",
            "LOMI_SIM_APPROVE_AFTER_S": "0.1",
        },
    )
    try:
        with stack:
            said = stack.manage("seed_demo", "--webhook-url", shop.url)
            stack.start(*processes)
            yield Platform(stack, shop, json.loads(said.strip().splitlines()[-1]))
    finally:
        shop.close()
        shutil.rmtree(folder, ignore_errors=True)


def _own_data(name: str) -> dict[str, str]:
    """A database and a Valkey number of their own, on the servers of this test run."""
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    return {**servers.make_database(name), "REDIS_URL": f"{base}/{REDIS_NUMBERS[name]}"}
