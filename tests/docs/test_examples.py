"""The programs under examples/ do what they say, in every language this machine has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from examples.python import webhook
from local import ports
from tests.docs.pages import ROOT

PROGRAMS = {
    "curl": ["sh", "examples/curl/payments.sh"],
    "python": [sys.executable, "examples/python/payments.py"],
    "node": ["node", "examples/javascript/payments.mjs"],
    "php": ["php", "examples/php/payments.php"],
}
CHECKERS = {
    "node": ["node", "examples/javascript/webhook.mjs", "--check"],
    "php": ["php", "examples/php/webhook.php", "--check"],
    # The short way to a running program: it is compiled anew for each case.
    "java": ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "examples/java/Webhook.java"],
    "go": ["go", "run", "examples/go/webhook.go"],
}
RECEIVERS = {
    "python": [sys.executable, "examples/python/webhook.py", "{port}"],
    "node": ["node", "examples/javascript/webhook.mjs", "{port}"],
    "php": ["php", "-S", "127.0.0.1:{port}", "examples/php/webhook.php"],
}
# Large to install: run where they are, and not missed where they are not.
OPTIONAL = ("java", "go")

VECTORS = json.loads((ROOT / "examples/webhook_vectors.json").read_text(encoding="utf-8"))


def in_languages(commands):
    return [
        pytest.param(
            command,
            id=name,
            marks=pytest.mark.skipif(
                name != "python" and shutil.which(name) is None, reason=f"{name} is not installed"
            ),
        )
        for name, command in commands.items()
        if name not in OPTIONAL or shutil.which(name)
    ]


def run(command, *words, given=b"", **environment):
    return subprocess.run(
        [*command, *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", in_languages(CHECKERS))
def test_every_verifier_judges_the_known_vectors_alike(command):
    verdicts = {}
    for case in VECTORS["cases"]:
        words = [VECTORS["secret"], case["id"], case["timestamp"], case["signatures"]]
        done = run(command, *words, str(VECTORS["now"]), given=case["body"].encode())
        verdicts[case["name"]] = done.stdout.decode().strip() or done.stderr.decode()

    assert verdicts == {case["name"]: case["verdict"] for case in VECTORS["cases"]}


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_python_verifier_judges_them_alike(case, monkeypatch):
    monkeypatch.setattr(webhook.time, "time", lambda: VECTORS["now"])
    headers = {
        "webhook-id": case["id"],
        "webhook-timestamp": case["timestamp"],
        "webhook-signature": case["signatures"],
    }

    try:
        genuine = webhook.is_genuine(VECTORS["secret"], headers, case["body"].encode())
    except ValueError:
        genuine = False  # As its receiver takes it.

    assert ("genuine" if genuine else "refused") == case["verdict"]


@pytest.mark.parametrize("command", in_languages(RECEIVERS))
def test_every_receiver_takes_the_genuine_and_refuses_the_tampered(command):
    port = ports.choose_port()
    event = {"type": "payment.succeeded", "data": {"id": "pay_1", "status": "succeeded"}}
    body = json.dumps(event).encode()
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(VECTORS["secret"]).sign("evt_1", now, body.decode()),
    }
    receiver = subprocess.Popen(
        [word.format(port=port) for word in command],
        cwd=ROOT,
        env={**os.environ, "LOMI_WEBHOOK_SECRET": VECTORS["secret"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 120
        while not ports.accepts_connections(port):
            assert time.monotonic() < deadline, "the receiver does not listen"
            time.sleep(0.05)
        statuses = [
            post(port, body, headers),
            post(port, body.replace(b"pay_1", b"pay_2"), headers),
            post(port, body, {}),
        ]
    finally:
        receiver.kill()
        printed = receiver.communicate()[0].decode()

    assert statuses == [204, 401, 401]
    assert printed.count("payment.succeeded pay_1 succeeded") == 1


def post(port, body, headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", in_languages(PROGRAMS))
def test_every_program_makes_a_payment_and_sees_it_end(walked, command, request):
    demo, _ = walked
    name = request.node.callspec.id
    access = {"LOMI_URL": demo.stack.urls.web, "LOMI_KEY": demo.merchant["api_key"]}
    order = [f"order-{name}", "1500", "677 00 00 01"]

    first, again = (run(command, *order, **access).stdout.decode().split() for _ in range(2))
    refused = run(command, f"bad-{name}", "0", "677 00 00 01", **access)

    assert first[0::2] == ["created", "ended", "newest"]
    assert first[1] == first[5] and first[3] == "succeeded"
    # The same reference is the same payment.
    assert again == first
    assert refused.stdout.decode() == "refused: amount_not_positive\n"
    assert refused.returncode == 1


SDK_PROGRAM = """
import sys
import time
import lomi
import os

client = lomi.Client(os.environ["LOMI_KEY"], url=os.environ["LOMI_URL"])
order = {"amount": 1500, "currency": "XAF", "payer": {"phone": "677 00 00 01"}}
made = client.payments.create(order, idempotency_key="order-sdk")
assert client.payments.create(order, idempotency_key="order-sdk") == made
payment = client.payments.get(made["id"])
while payment["status"] in ("pending", "verifying"):
    time.sleep(0.2)
    payment = client.payments.get(made["id"])
found = [one["id"] for one in client.payments.list(limit=1)]
assert found[0] == made["id"] and len(found) == len(set(found)), found
try:
    client.payments.create({**order, "amount": 0})
except lomi.ApiError as error:
    print(payment["status"], client.me.get()["livemode"], error.code)
"""


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(900)
def test_the_python_client_pays_and_lists(walked):
    demo, _ = walked
    done = run(
        [sys.executable, "-c", SDK_PROGRAM],
        LOMI_URL=demo.stack.urls.web,
        LOMI_KEY=demo.merchant["api_key"],
        PYTHONPATH=str(ROOT / "sdk" / "python"),
    )

    assert done.stdout.decode() == "succeeded False amount_not_positive\n", done.stderr.decode()
