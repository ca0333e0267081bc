"""Traces: one of a payment, from the request to the webhook, for a collector that speaks OTLP.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set: then nothing of OpenTelemetry is imported, and not a
row or a statement more is made. On, what leads to work in another process leaves its place in the
trace there as W3C traceparent: beside a payment, refund, payout or event
(apps/core/trace_context.py), or in the payload of an outbox message. Spans name ids, routes and
codes, never who pays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Attributes = Mapping[str, str | int | bool]

_NOTHING = nullcontext()


def is_traced() -> bool:
    return bool(settings.TRACES_ENDPOINT)


def span(
    name: str, attributes: Attributes | None = None, *, kind: str = "INTERNAL", parent: str = ""
) -> AbstractContextManager[Any]:
    """A part of a trace: what is done within. Gives OpenTelemetry's Span, None when traces are off.

    Args:
        kind: of opentelemetry.trace.SpanKind; CLIENT and PRODUCER wait for others' machines.
        parent: W3C traceparent of what led to it; "": the span that is open, or a new trace.
    """
    return _open(name, attributes or {}, kind, parent) if is_traced() else _NOTHING


def note(attributes: Attributes) -> None:
    """Add to the span that is open, if any."""
    if is_traced():
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(attributes)


def current_traceparent() -> str:
    """W3C traceparent of the span that is open; "" without one."""
    if not is_traced():
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def _open(name: str, attributes: Attributes, kind: str, parent: str) -> Iterator[Any]:
    from opentelemetry.trace import SpanKind, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    with (
        tracer_provider()
        .get_tracer("lomi")
        .start_as_current_span(
            name,
            context=context,
            kind=SpanKind[kind],
            attributes=attributes,
            # An error's text may quote what a payer wrote.
            record_exception=False,
            set_status_on_exception=False,
        ) as one
    ):
        try:
            yield one
        except Exception as error:
            one.set_status(StatusCode.ERROR)
            one.set_attribute("error.type", type(error).__name__)
            raise


@cache
def tracer_provider() -> TracerProvider:
    """Of this process: made at its first span, so after every fork. What waits to be sent is sent
    by a thread of its own, and at the end of the process; a collector that is away costs spans."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = {SERVICE_NAME: settings.TRACES_SERVICE, "lomi.process": settings.DATABASE_DOOR}
    provider = TracerProvider(resource=Resource.create(name))
    exporter = OTLPSpanExporter(endpoint=f"{settings.TRACES_ENDPOINT.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
