"""With LOG_FORMAT=json a real process writes one JSON object a line, in ECS fields."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A process of its own, as each of ours begins: what it says reaches stderr by the settings alone.
PROCESS = """
import logging, django
django.setup()
log = logging.getLogger("apps.payments")
log.info("payment submitted", extra={"payment_id": "pay_1", "tries": 2, "reason": "a\\nb\\u2028c"})
try:
    raise ValueError("no wallet at +237677345678")
except ValueError:
    log.exception("broke")
from django.test import Client
answer = Client().get("/pay-nowhere/a-secret")
print(answer["Request-Id"])
from apps.core.tracing import begin_trace
with begin_trace("work"):
    log.warning("é")
"""
# Traces go nowhere.
TRACED = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
    "OTEL_TRACES_SAMPLER": "always_on",
}


@pytest.fixture(scope="module")
def said():
    done = subprocess.run(
        [sys.executable, "-c", PROCESS],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            # Another test of this process may have made it a web server.
            "DATABASE_DOOR": "worker",
            "LOG_FORMAT": "json",
            **TRACED,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    return {"request": done.stdout.strip(), **{one["message"]: one for one in lines}}


def test_each_record_is_one_object_with_the_fields_of_the_schema(said):
    one = said["payment submitted"]

    assert one["@timestamp"].endswith("Z")
    assert one["log.level"] == "info"
    assert one["log.logger"] == "apps.payments"
    assert (one["service.name"], one["event.dataset"]) == ("lomi", "lomi.worker")
    assert one["labels.payment_id"] == "pay_1"
    # A field has one type, whoever writes it.
    assert one["labels.tries"] == "2"
    assert one["labels.reason"] == "a\nb\u2028c"


def test_an_error_has_its_type_and_its_traceback_without_what_it_says_of_a_payer(said):
    one = said["broke"]

    assert one["error.type"] == "ValueError"
    assert "Traceback" in one["error.stack_trace"]
    assert "677345678" not in json.dumps(said)
    assert "[phone *78]" in one["error.stack_trace"]


def test_a_request_has_its_id_and_its_route_never_its_path(said):
    one = said["Not Found: (no route)"]

    assert one["http.request.id"] == said["request"]
    assert (one["http.request.method"], one["http.response.status_code"]) == ("GET", 404)
    assert "a-secret" not in json.dumps(said)


def test_a_record_within_a_trace_bears_its_id(said):
    assert len(said["é"]["trace.id"]) == 32
    assert "trace.id" not in said["payment submitted"]


def test_a_word_that_is_no_format_stops_the_start():
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test", "LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "LOG_FORMAT is one of line, json, not xml" in done.stderr
