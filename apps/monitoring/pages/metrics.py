"""What Prometheus reads. Never open to the world: by a token, or to networks of ours."""

from __future__ import annotations

import hmac
import os
import resource
from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from apps.core import database_clock
from apps.core.client_address import client_address
from apps.monitoring.selectors.read_gauges import read_gauges

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of the platform, the same from every process, and of the process that answers."""
    if not _may_read(request):
        # Whoever may not read it need not know that it is there.
        raise Http404
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            token.encode(), settings.METRICS_TOKEN.encode()
        )
    address = client_address(request)
    networks = [ip_network(network) for network in settings.METRICS_NETWORKS]
    return address is not None and any(address in network for network in networks)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Platform())
    registry.register(_Process())
    return registry


class _Platform(Collector):
    def collect(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in read_gauges(now=database_clock.now()):
            names = list(gauge.labels)
            family = families.setdefault(
                gauge.name, GaugeMetricFamily(gauge.name, gauge.help, labels=names)
            )
            family.add_metric(list(gauge.labels.values()), float(gauge.value))
        return families.values()

    def describe(self) -> Iterable[Metric]:
        return ()


class _Process(Collector):
    """Of the process that happens to answer, told apart by its number: no figure seems to jump."""

    def collect(self) -> Iterator[Metric]:
        labels = [settings.DATABASE_DOOR, str(os.getpid())]
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu = CounterMetricFamily(
            "lomi_process_cpu_seconds", "CPU time of a process", labels=["door", "pid"]
        )
        cpu.add_metric(labels, used.ru_utime + used.ru_stime)
        yield cpu
        memory = GaugeMetricFamily(
            "lomi_process_memory_max_bytes", "Its largest memory so far", labels=["door", "pid"]
        )
        memory.add_metric(labels, used.ru_maxrss * 1024)
        yield memory
        ahead = GaugeMetricFamily(
            "lomi_process_clock_ahead_seconds",
            "Its host's clock before the database's",
            labels=["door", "pid"],
        )
        ahead.add_metric(labels, database_clock.skew_s())
        yield ahead

    def describe(self) -> Iterable[Metric]:
        return ()
