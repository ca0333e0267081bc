"""One trace of a payment, from the request to the webhook, as a real collector hears it."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from apps.core import tracing
from apps.core.models import OutboxMessage, TraceContext
from apps.core.public_ids import is_traced_id, new_id, new_id_at
from apps.core.ttl_cache import clear_all
from apps.core.work import outbox
from apps.core.work.worker_loop import run_worker_loop
from apps.orchestration.models import Attempt
from apps.payments.models import Payment
from apps.providers.contract import Outcome
from apps.vault.tokens import sign_token
from apps.webhooks.services.create_endpoint import create_endpoint
from config import env
from tests.api.conftest import payment_body
from tests.fakes import GENUINE_CALLBACK
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

MAKERS = [new_id, lambda: new_id_at(timezone.now())]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def collector(settings, monkeypatch):
    """What speaks OTLP over HTTP; traces are on while it is there."""
    # Seconds that a process waits for one that is away, at its own end too.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    receiver = Receiver()
    settings.TRACES_ENDPOINT = f"http://127.0.0.1:{receiver.port}/"
    settings.TRACES_RATIO = 1.0
    settings.MIDDLEWARE = ["apps.core.traced_requests.TracedRequests", *settings.MIDDLEWARE]
    tracing.tracer_provider.cache_clear()
    yield receiver
    tracing.tracer_provider().shutdown()
    tracing.tracer_provider.cache_clear()
    receiver.close()


def spans(collector):
    """What the collector heard, by name: of each the last one."""
    tracing.tracer_provider().force_flush()
    found = {}
    for heard in collector.heard:
        assert heard.path == "/v1/traces"
        told = ExportTraceServiceRequest.FromString(heard.body)
        for resource in told.resource_spans:
            for scope in resource.scope_spans:
                found |= {one.name: one for one in scope.spans}
    return found


def said(one):
    return {
        each.key: each.value.string_value or each.value.int_value or each.value.bool_value
        for each in one.attributes
    }


@pytest.fixture
def journey(shop, provider, clock):
    """From the request to the webhook of its success; the merchant's server."""

    def go():
        server = Receiver()
        create_endpoint(merchant=shop.merchant, livemode=False, url=server.url, now=clock.now)
        clear_all()
        asked = {"traceparent": "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"}
        assert shop.post(payment_body(), headers=asked).status_code == 201
        run_worker_loop("attempt.submit")
        attempt = Attempt.objects.get()
        provider.settle(attempt.reference, Outcome.SUCCEEDED)
        path = f"/callbacks/fake/{sign_token('callback', attempt.pk)}"
        shop.client.post(path, GENUINE_CALLBACK, content_type="application/json")
        run_worker_loop("callback.received")
        run_worker_loop("webhook.deliver")
        server.close()
        assert Payment.objects.get().status == "succeeded"
        return server

    return go


def test_one_trace_leads_from_the_request_to_the_webhook(journey, collector):
    server = journey()

    heard = spans(collector)
    first = heard["POST /api/v1/payments"]
    later = [heard[name] for name in ("provider.submit", "provider.query", "webhook.deliver")]
    assert len(server.heard) == 1
    assert {one.trace_id for one in later} == {first.trace_id}
    assert {one.parent_span_id for one in later} == {first.span_id}
    # No stranger says which trace ours is.
    assert first.trace_id.hex() != "ab" * 16
    asked, answered, told = map(said, later)
    assert (asked["lomi.provider"], asked["lomi.operation"]) == ("fake", "collect")
    assert (asked["lomi.outcome"], answered["lomi.outcome"]) == ("pending", "succeeded")
    assert told["http.response.status_code"] == 204
    # The callback is another request; what it led to is of the payment.
    callback = heard["POST /callbacks/<slug:connector>/<str:token>"]
    assert callback.trace_id != first.trace_id


def test_no_span_names_a_payer_a_secret_or_what_an_error_says(
    journey, collector, shop, provider, monkeypatch
):
    def explode(request):
        raise ValueError(f"cannot charge {request.payer_msisdn}")

    journey()
    provider.on_collect = [explode]
    shop.post(payment_body(payer={"phone": "677000002"}))
    run_worker_loop("attempt.submit")

    assert said(spans(collector)["provider.submit"])["error.type"]
    bodies = b"".join(heard.body for heard in collector.heard)
    assert not re.search(rb"67700000\d|lomi_sk_|Bearer|cannot charge", bodies)
    tokens = [sign_token("callback", one.pk).encode() for one in Attempt.objects.all()]
    assert not [token for token in tokens if token in bodies]


def test_a_message_of_the_outbox_goes_on_in_the_trace_it_was_promised_in(collector):
    with tracing.begin_trace("whoever promises") as one:
        message = outbox.new_message("event.announce", now=timezone.now(), x="y")
        trace = f"{one.get_span_context().trace_id:032x}"

    claimed = outbox._claimed(message.pk, dict(message.payload), 1)
    assert claimed.payload == {"x": "y"}
    assert claimed.traceparent.split("-")[1] == trace


def test_a_collector_that_is_away_costs_spans_and_nothing_else(journey, collector):
    collector.close()

    assert len(journey().heard) == 1


def test_what_is_not_kept_makes_no_span_no_row_and_no_statement(journey, collector, settings):
    settings.TRACES_RATIO = 0.0

    with CaptureQueriesContext(connection) as heard:
        journey()

    assert not TraceContext.objects.exists()
    assert not [one for one in heard if "core_tracecontext" in one["sql"]]
    assert spans(collector) == {}


def test_an_id_says_whether_it_was_made_within_a_trace(collector):
    outside = [make() for make in MAKERS for _ in range(20)]
    with tracing.begin_trace("whoever asks"):
        within = [make() for make in MAKERS for _ in range(20)]

    assert not any(map(is_traced_id, outside))
    assert all(map(is_traced_id, within))


@pytest.mark.parametrize(
    ("sampler", "share", "kept"),
    [
        ("", "", 0.05),
        ("", "0.5", 0.5),
        ("parentbased_traceidratio", "1", 1.0),
        ("always_on", "", 1.0),
        ("parentbased_always_off", "0.5", 0.0),
    ],
)
def test_the_standard_words_say_which_share_is_kept(monkeypatch, sampler, share, kept):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", share)

    assert env.traces_ratio() == kept


@pytest.mark.parametrize("share", ["1.5", "-1", "nan", "a tenth"])
def test_a_share_that_is_none_stops_the_start(monkeypatch, share):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", share)

    with pytest.raises(env.MissingSetting, match="OTEL_TRACES_SAMPLER_ARG"):
        env.traces_ratio()


def test_without_a_collector_there_is_no_row_no_key_and_no_library(journey, settings):
    assert settings.TRACES_ENDPOINT == ""

    journey()

    assert not TraceContext.objects.exists()
    assert not OutboxMessage.objects.filter(payload__has_key="traceparent").exists()
    code = [path for top in ("apps", "config") for path in (ROOT / top).rglob("*.py")]
    # Only ever within a function that runs while traces are on.
    assert not [
        path for path in code if re.search(r"^(from|import) opentelemetry", path.read_text(), re.M)
    ]
