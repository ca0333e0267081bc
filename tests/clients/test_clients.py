"""Clients that five generators make of docs/openapi.json type-check, and make a payment.

Each program under programs/ is written as a merchant would: it creates a payment, repeats the
request, is refused once, waits until the payment is paid, and finds it in the list.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.tools import FOLDER, NODE_FOLDER, PYTHON, run
from tests.docs.pages import ROOT

DOCUMENT = str(ROOT / "docs" / "openapi.json")
PROGRAMS = Path(__file__).parent / "programs"

MYPY = (sys.executable, "-m", "mypy", "--config-file=", f"--python-executable={PYTHON}")
BUNDLE = ("esbuild", "--bundle", "--platform=node", "--format=esm", "--outfile=program.mjs")


@dataclass(frozen=True)
class Client:
    """How one kind of client is made, checked and run, in a folder with its program."""

    program: str
    generate: Sequence[str]
    checks: Sequence[Sequence[str]]
    start: Sequence[str]

    @property
    def folder(self) -> Path:
        parent = NODE_FOLDER if self.program.endswith(".ts") else FOLDER
        return parent / f"client_{Path(self.program).stem}"


def in_python(name: str, generate: Sequence[str], *strictness: str) -> Client:
    return Client(
        program=f"{name}.py",
        generate=generate,
        checks=[[*MYPY, *strictness, "."]],
        start=[str(PYTHON), f"{name}.py"],
    )


def in_typescript(name: str, *generate: str) -> Client:
    return Client(
        program=f"{name}.ts",
        generate=generate,
        checks=[["tsc", "-p", "."], [*BUNDLE, f"{name}.ts"]],
        start=["node", "program.mjs"],
    )


CLIENTS = {
    "openapi-python-client": in_python(
        "with_openapi_python_client",
        [
            *("openapi-python-client", "generate", "--path", DOCUMENT),
            *("--meta", "none", "--output-path", "lomi_africa_client", "--fail-on-warning"),
        ],
        "--strict",
    ),
    "openapi-generator": in_python(
        "with_openapi_generator",
        ["openapi-generator-cli", "generate", "-g", "python", "-i", DOCUMENT, "-o", "."],
        "--check-untyped-defs",
        # What it makes to install and test the client.
        "--exclude=^(test/|setup)",
    ),
    "openapi-typescript and openapi-fetch": in_typescript(
        "with_openapi_fetch", "openapi-typescript", DOCUMENT, "-o", "lomi.d.ts"
    ),
    "orval": in_typescript("with_orval", "orval", "--config", "orval.config.mjs"),
    "hey-api": in_typescript(
        *("with_hey_api", "openapi-ts", "-i", DOCUMENT, "-o", "lomi", "-c", "@hey-api/client-fetch")
    ),
}


@pytest.fixture(scope="module", params=CLIENTS)
def client(request):
    """Made anew, its program beside it."""
    found = CLIENTS[request.param]
    shutil.rmtree(found.folder, ignore_errors=True)
    found.folder.mkdir(parents=True)
    for name in (found.program, "tsconfig.json", "orval.config.mjs"):
        shutil.copy(PROGRAMS / name, found.folder)
    run(found.generate, folder=found.folder, LOMI_OPENAPI=DOCUMENT)
    for check in found.checks:
        run(check, folder=found.folder)
    return found


@pytest.mark.stack
@pytest.mark.timeout(900)
def test_a_generated_client_type_checks_and_makes_a_payment(client, demo):
    reference = f"order-{client.folder.name}"

    printed = run(
        client.start,
        folder=client.folder,
        LOMI_URL=demo.stack.urls.web,
        LOMI_KEY=demo.merchant["api_key"],
        LOMI_REFERENCE=reference,
    )

    told = json.loads(printed.splitlines()[-1])
    assert told == {
        "id": told["id"],
        "amount_received": 1_500,
        "again": told["id"],
        "refused": "amount_not_positive",
        "listed": [told["id"]],
    }
    assert told["id"].startswith("pay_")
