"""Traces: one of a payment, from the request to the webhook, for a collector that speaks OTLP.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set: then nothing of OpenTelemetry is imported, and not a
row or a statement more is made. On, a share of the requests begins a trace (settings.TRACES_RATIO),
decided before anything is made for it: the others cost as much as with traces off. What leads to
work in another process leaves its place in the trace there as W3C traceparent: beside a payment,
refund, payout or event (apps/core/trace_context.py), or in the payload of an outbox message. Spans
name ids, routes and codes, never who pays.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

Attributes = Mapping[str, str | int | bool]

_NOTHING = nullcontext()

# The span that is open here.
_open_span: ContextVar[Span | None] = ContextVar("open_span", default=None)


def is_traced() -> bool:
    return bool(settings.TRACES_ENDPOINT)


def is_recording() -> bool:
    """Whether what is done now is part of a trace."""
    return _open_span.get() is not None


def begin_trace(
    name: str, attributes: Attributes | None = None, *, kind: str = "INTERNAL"
) -> AbstractContextManager[Any]:
    """The first span of a new trace, for the share of them that is kept; otherwise, and when traces
    are off, None, and no span within."""
    # No secret hangs on it.
    if not is_traced() or random.random() >= settings.TRACES_RATIO:
        return _NOTHING
    return _open(name, attributes or {}, kind, "")


def span(
    name: str, attributes: Attributes | None = None, *, kind: str = "INTERNAL", parent: str = ""
) -> AbstractContextManager[Any]:
    """A part of a trace: what is done within. Gives OpenTelemetry's Span; None, and nothing is
    made, where there is no trace to be part of.

    Args:
        kind: of opentelemetry.trace.SpanKind; CLIENT and PRODUCER wait for others' machines.
        parent: W3C traceparent of what led to it; "": the span that is open.
    """
    if not (is_traced() and (parent or is_recording())):
        return _NOTHING
    return _open(name, attributes or {}, kind, parent)


def note(attributes: Attributes) -> None:
    """Add to the span that is open, if any."""
    one = _open_span.get()
    if one is not None:
        one.set_attributes(attributes)


def current_traceparent() -> str:
    """W3C traceparent of the span that is open; "" without one."""
    one = _open_span.get()
    if one is None:
        return ""
    place = one.get_span_context()
    return f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"


@contextmanager
def _open(name: str, attributes: Attributes, kind: str, parent: str) -> Iterator[Any]:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    outer = _open_span.get()
    context = Context() if outer is None else set_span_in_context(outer)
    if parent:
        context = TraceContextTextMapPropagator().extract({"traceparent": parent}, context)
    one = _tracer(tracer_provider()).start_span(
        name, context=context, kind=SpanKind[kind], attributes=attributes
    )
    opened = _open_span.set(one)
    try:
        yield one
    except Exception as error:
        # An error's text may quote what a payer wrote: it is not recorded.
        one.set_status(StatusCode.ERROR)
        one.set_attribute("error.type", type(error).__name__)
        raise
    finally:
        _open_span.reset(opened)
        one.end()


@cache
def _tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("lomi")


@cache
def tracer_provider() -> TracerProvider:
    """Of this process: made at its first span, so after every fork. What waits to be sent is sent
    by a thread of its own, and at the end of the process; a collector that is away costs spans."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    name = {SERVICE_NAME: settings.TRACES_SERVICE, "lomi.process": settings.DATABASE_DOOR}
    # What is not to be kept does not come so far.
    provider = TracerProvider(resource=Resource.create(name), sampler=ALWAYS_ON)
    exporter = OTLPSpanExporter(endpoint=f"{settings.TRACES_ENDPOINT.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider
