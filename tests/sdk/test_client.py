"""The Python client repeats what is safe, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import lomi
import pytest
from django.test import RequestFactory
from lomi.connection import TRIES_MAX, Connection
from lomi.file_form import FileForm
from rest_framework.request import Request
from standardwebhooks.webhooks import Webhook

from apps.core.api.file_form import FileFormParser
from tests.docs.pages import ROOT, read

VECTORS = json.loads(read("examples/webhook_vectors.json"))
PAYMENT = {"amount": 1500, "currency": "XAF", "payer": {"phone": "677 00 00 01"}}
BROKEN_LINE = (0, {}, {})


def problem(status, code, **headers):
    body = {"code": code, "title": code, "status": status, "detail": "…"}
    return status, body | {"doc_url": f"https://pay.example/docs/errors#{code}"}, headers


class Api:
    """A server that gives prepared answers, and what it was asked."""

    def __init__(self):
        self.answers, self.requests, self.pauses = [], [], []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("Content-Length", 0))
                api.requests.append(
                    (self.command, self.path, dict(self.headers), self.rfile.read(length))
                )
                status, body, headers = api.answers.pop(0)
                if not status:
                    self.connection.close()
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            do_POST = do_DELETE = do_PATCH = do_GET

            def log_message(self, *_):
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        connection = Connection(
            "lomi_sk_test_x",
            url=f"http://127.0.0.1:{self._server.server_port}",
            timeout_s=5,
            sleep=self.pauses.append,
        )
        self.client = lomi.Client("", connection=connection)

    def keys(self):
        return [headers.get("Idempotency-Key") for _, _, headers, _ in self.requests]

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def api():
    api = Api()
    yield api
    api.stop()


@pytest.mark.parametrize(
    "trouble",
    [
        problem(503, "temporarily_unavailable", Retry_After="2"),
        problem(429, "rate_limited", Retry_After="2"),
        problem(409, "idempotency_key_in_flight", Retry_After="2"),
        problem(500, "internal_error"),
        BROKEN_LINE,
    ],
    ids=["away", "limited", "in flight", "our mistake", "broken line"],
)
def test_a_post_is_repeated_with_the_key_it_had(api, trouble):
    api.answers += [trouble, trouble, (201, {"id": "pay_1"}, {})]

    payment = api.client.payments.create(PAYMENT)

    assert payment == {"id": "pay_1"}
    assert len(api.requests) == 3
    assert len(set(api.keys())) == 1
    assert len(api.keys()[0]) == 36


def test_it_waits_as_long_as_it_is_asked_to(api):
    away = problem(503, "temporarily_unavailable", Retry_After="7")
    api.answers += [away, (201, {"id": "pay_1"}, {})]

    api.client.payments.create(PAYMENT)

    assert api.pauses == [7.0]


@pytest.mark.parametrize(
    "refusal",
    [
        problem(400, "amount_not_positive", Request_Id="0192a0"),
        problem(409, "payment_already_final"),
        problem(422, "idempotency_key_reused"),
    ],
    ids=lambda refusal: refusal[1]["code"],
)
def test_a_refusal_is_not_repeated(api, refusal):
    api.answers.append(refusal)

    with pytest.raises(lomi.ApiError) as error:
        api.client.payments.create(PAYMENT, idempotency_key="order-1")

    assert (error.value.status, error.value.code) == (refusal[0], refusal[1]["code"])
    assert error.value.doc_url == refusal[1]["doc_url"]
    assert error.value.request_id == refusal[2].get("Request_Id", "")
    assert api.keys() == ["order-1"]


def test_a_deletion_is_not_repeated_when_it_may_be_done(api):
    api.answers.append(BROKEN_LINE)

    with pytest.raises(lomi.NoAnswer):
        api.client.api_keys.delete("key_1")

    assert len(api.requests) == 1


def test_it_gives_up_and_tells_the_key(api):
    api.answers += [BROKEN_LINE] * TRIES_MAX

    with pytest.raises(lomi.NoAnswer) as error:
        api.client.payments.create(PAYMENT)

    assert [error.value.idempotency_key] * TRIES_MAX == api.keys()


def test_a_redirect_is_not_followed(api):
    api.answers.append((302, {}, {"Location": "http://127.0.0.1:1/"}))

    with pytest.raises(lomi.ApiError) as error:
        api.client.me.get()

    assert error.value.status == 302


def test_iterating_goes_through_all_pages(api):
    def page(*ids, has_more):
        return 200, {"data": [{"id": one} for one in ids], "has_more": has_more}, {}

    api.answers += [page("pay_3", "pay_2", has_more=True), page("pay_1", has_more=False)]

    found = list(api.client.payments.list(status=["failed", "expired"], metadata={"order": "42"}))

    assert [one["id"] for one in found] == ["pay_3", "pay_2", "pay_1"]
    asked = "/api/v1/payments?status=failed%2Cexpired&metadata%5Border%5D=42"
    assert [path for _, path, _, _ in api.requests] == [asked, f"{asked}&starting_after=pay_2"]


def test_an_id_cannot_lead_elsewhere(api):
    api.answers.append((200, {}, {}))

    api.client.payments.get("../me?x=")

    assert api.requests[0][1] == "/api/v1/payments/..%2Fme%3Fx%3D"


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_webhooks_are_judged_as_by_the_examples(case):
    headers = {
        "Webhook-Id": case["id"],
        "Webhook-Timestamp": case["timestamp"],
        "Webhook-Signature": case["signatures"],
    }
    body = case["body"].encode()

    try:
        event = lomi.read_webhook(VECTORS["secret"], headers, body, now=VECTORS["now"])
    except lomi.WebhookNotGenuine:
        event = None

    assert event == (json.loads(body) if case["verdict"] == "genuine" else None)


def test_the_vectors_are_signed_as_the_reference_library_signs():
    case = VECTORS["cases"][0]
    at = datetime.fromtimestamp(int(case["timestamp"]), UTC)

    signed = Webhook(VECTORS["secret"]).sign(case["id"], at, case["body"])

    assert signed == case["signatures"]


def test_the_client_is_typed_to_the_last_field(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import lomi\n"
        'client = lomi.Client("lomi_sk_test_x")\n'
        'payment = client.payments.get("pay_1")\n'
        'reveal_type(payment["amount"])\n'
        'payment["amonut"]\n'
        'client.payments.create({"amount": "1500"})\n'
    )

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", str(program)],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT / "sdk" / "python"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 'Revealed type is "int"' in checked.stdout, checked.stdout + checked.stderr
    assert 'has no key "amonut"' in checked.stdout
    assert 'for TypedDict "PaymentInput"' in checked.stdout
    assert "Found 2 errors in 1 file" in checked.stdout


def test_the_client_sends_a_form_that_is_read_as_the_file_on_the_disk(tmp_path):
    content = b"phone;amount\n677000001;5000\n"
    file = tmp_path / "salaires d’été.csv"
    file.write_bytes(content)
    form = FileForm({"reference": "wages", "currency": None}, file)
    request = RequestFactory().generic(
        "POST",
        "/",
        **{
            "CONTENT_TYPE": form.headers["Content-Type"],
            "CONTENT_LENGTH": form.headers["Content-Length"],
            "wsgi.input": BytesIO(b"".join(form)),
        },
    )

    found = FileFormParser().parse(request, parser_context={"request": Request(request)}).data

    assert (found["reference"], found["file"].name) == ("wages", file.name)
    assert found["file"].read() == content
