"""The test bench: simulators in a process of their own, a plain transport, a shop that listens."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import urllib3

from apps.providers.connectors.orange_webpay import OrangeWebpayConfig, OrangeWebpayConnector
from apps.providers.connectors.orange_webpay.simulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    MERCHANT_KEY,
)
from apps.providers.contract import (
    CollectRequest,
    HttpAnswer,
    NotSent,
    OutcomeUnknown,
    QueryRequest,
)
from local import ports

PAYER = "690000001"
CODE = "orange_webpay"
ROOT = Path(__file__).parents[5]
BODY_BYTES_MAX = 100_000
SERVE = (
    "import sys; from pathlib import Path; from apps.providers.simulation.server import serve;"
    "serve(host='127.0.0.1', port=int(sys.argv[1]), control_port=int(sys.argv[2]),"
    " control_token=sys.argv[3], data_dir=Path(sys.argv[4]) / 'data',"
    " report_dir=Path(sys.argv[4]) / 'reports')"
)
TOKEN = "a-control-token-for-this-bench"


class PlainTransport:
    """urllib3 with the contract's errors. `timeout_s` overrides the connector's."""

    def __init__(self, timeout_s: float = 5.0) -> None:
        self.timeout_s = timeout_s
        self.paths: list[str] = []
        self._pool = urllib3.PoolManager(retries=False, maxsize=20)

    def request(self, method, url, *, headers, body=b"", timeout_s=20.0, **_):
        self.paths.append(urllib3.util.parse_url(url).path)
        try:
            answer = self._pool.request(
                method,
                url,
                headers=headers,
                body=body,
                timeout=self.timeout_s,
                redirect=False,
                preload_content=False,
            )
            data = answer.read(BODY_BYTES_MAX + 1)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as e:
            raise NotSent(type(e).__name__) from e
        except urllib3.exceptions.HTTPError as e:
            raise OutcomeUnknown(type(e).__name__) from e
        finally:
            self._pool.clear()
        if len(data) > BODY_BYTES_MAX:
            raise OutcomeUnknown("too long")
        return HttpAnswer(answer.status, dict(answer.headers), data)


class SimulatorProcess:
    """The real simulators on a free port; `folder` keeps their state between two starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.control_port = ports.choose_port(), ports.choose_port()
        self.root = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", SERVE, str(self.port), str(self.control_port)),
                *(TOKEN, str(self.folder)),
            ],
            cwd=ROOT,
            # A group of its own: a killed master's worker would go on answering for a moment.
            start_new_session=True,
        )
        give_up_at = time.monotonic() + 20
        while True:
            try:
                urllib3.request("GET", f"{self.root}/health", retries=False, timeout=1)
                return
            except urllib3.exceptions.HTTPError:
                if time.monotonic() > give_up_at or self._process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self, how: int = signal.SIGTERM) -> None:
        os.killpg(self._process.pid, how)
        self._process.wait(timeout=20)

    def control(self, method: str, path: str, **body):
        answer = urllib3.request(
            method,
            f"http://127.0.0.1:{self.control_port}/control/{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        assert answer.status < 300, answer.data
        return json.loads(answer.data) if answer.data else None

    def reset(self) -> None:
        self.control("POST", "reset", provider=CODE)
        self.settings(approve_after_s=0)

    def settings(self, **values: float) -> None:
        self.control("POST", "settings", provider=CODE, **values)

    def arm(self, fault: str, **how) -> None:
        self.control("POST", "faults", provider=CODE, fault=fault, **how)

    def book(self) -> list[dict]:
        return self.control("GET", f"books/{CODE}")

    def connector(self, transport=None, clock=None, **changes: str) -> OrangeWebpayConnector:
        settings = {
            "base_url": f"{self.root}/{CODE}",
            "env": "cm",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "merchant_key": MERCHANT_KEY,
            **changes,
        }
        return OrangeWebpayConnector(
            config=OrangeWebpayConfig.from_mapping(settings),
            transport=transport or PlainTransport(),
            clock=clock or (lambda: datetime.now(UTC)),
        )


class Shop:
    """Hears notifications; its address is also where payers come back to."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, bytes]] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                shop.heard.append(
                    (time.time(), self.rfile.read(int(self.headers["Content-Length"])))
                )
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def statuses(self, count: int) -> list[str]:
        """The statuses of the first `count` notifications."""
        until(lambda: len(self.heard) >= count)
        return [json.loads(body)["status"] for _, body in self.heard]

    def request(self, **changes) -> CollectRequest:
        fields = {
            "reference": uuid4(),
            "amount": 1500,
            "currency": "XAF",
            "country": "CM",
            "payer_msisdn": "237690000001",
            "description": "",
            "merchant_name": "Boutique <Étoile>",
            "callback_url": f"{self.url}/callbacks/abc",
            "return_url": f"{self.url}/thanks",
            "cancel_url": f"{self.url}/cart",
        }
        return CollectRequest(**{**fields, **changes})


def question(request: CollectRequest, result, **changes) -> QueryRequest:
    fields = {
        "reference": request.reference,
        "amount": request.amount,
        "currency": request.currency,
        "counterparty": request.payer_msisdn,
        "connector_state": result.connector_state,
    }
    return QueryRequest(**{**fields, **changes})


def otp(url: str) -> str:
    page = urllib3.request("GET", url).data.decode()
    return re.search(r'class="otp">([0-9 ]+)<', page)[1]


def submit(url: str, **fields: str):
    """Send the page's form as a browser would, without following the redirect."""
    return urllib3.PoolManager().request(
        "POST", url, fields=fields, encode_multipart=False, redirect=False, retries=False
    )


def approve(url: str, phone: str = PAYER):
    return submit(url, decision="approve", phone=phone, code=otp(url))


def until(condition, timeout_s: float = 5.0):
    give_up_at = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < give_up_at, "it never happened"
        time.sleep(0.01)
    return value
