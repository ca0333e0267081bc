"""One JSON object a log record, in the fields of Elastic's Common Schema (ECS 8): what
Elasticsearch, CloudWatch and their like read without a parser."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from apps.core.log_format import STANDARD
from apps.core.request_ids import request_id
from apps.core.tracing import current_traceparent

ECS_VERSION = "8.17.0"

# What records of requests carry, by the schema's own names; the rest are labels.
NAMES = {
    "method": "http.request.method",
    "route": "http.route",
    "status_code": "http.response.status_code",
}


class EcsFormatter(logging.Formatter):
    """All is text or number of a known field, and ASCII: no value opens a second line, and none
    gives a field two types.

    Args:
        service: what the records are of; `dataset`: which of its processes.
    """

    def __init__(self, *, service: str, dataset: str) -> None:
        super().__init__()
        self.own = {"service.name": service, "event.dataset": f"{service}.{dataset}"}

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.own | dict(_fields(record, self)))


def _fields(record: logging.LogRecord, formatter: logging.Formatter) -> Iterator[tuple[str, Any]]:
    at = datetime.fromtimestamp(record.created, UTC)
    yield "@timestamp", f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
    yield "log.level", record.levelname.lower()
    yield "message", record.getMessage()
    yield "ecs.version", ECS_VERSION
    yield "log.logger", record.name
    yield "process.pid", record.process
    yield "process.thread.name", record.threadName
    # A server's own process has no settings.
    if settings.configured and (traceparent := current_traceparent()):
        _, trace, span, _ = traceparent.split("-")
        yield "trace.id", trace
        yield "span.id", span
    if said := request_id.get():
        yield "http.request.id", said
    # A filter that masks leaves the text alone.
    stack = record.exc_text or (record.exc_info and formatter.formatException(record.exc_info))
    if stack:
        yield "error.type", stack.strip().splitlines()[-1].partition(":")[0]
        yield "error.stack_trace", stack
    for name, value in vars(record).items():
        if name in NAMES:
            yield NAMES[name], value if isinstance(value, int) else str(value)
        elif name not in STANDARD:
            yield f"labels.{name}", str(value)
