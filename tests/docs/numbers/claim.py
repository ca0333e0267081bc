"""What claims are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from apps.core.retention import KeptForDays, all_rules
from apps.core.work import concurrency_limiter
from config.celery import app as celery
from tests.docs.pages import ROOT


@dataclass(frozen=True)
class Shown:
    """A number that a test shows, by its name."""

    value: float
    test: str


def in_source(path: str, pattern: str) -> float:
    """A number that is written in a statement of SQL, or in a template."""
    (found,) = set(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))
    return float(found)


def hours(span: timedelta) -> float:
    return span / timedelta(hours=1)


def days(span: timedelta) -> float:
    return span / timedelta(days=1)


def minutes(span: timedelta) -> float:
    return span / timedelta(minutes=1)


def seconds(span: timedelta) -> float:
    return span / timedelta(seconds=1)


def every_s(task: str) -> float:
    (found,) = [
        entry["schedule"] for entry in celery.conf.beat_schedule.values() if entry["task"] == task
    ]
    return float(found)


LIMITS = settings.RATE_LIMITS
KEPT = settings.RETENTION_DAYS
LEAST = {rule.days: rule.least for rule in all_rules() if isinstance(rule, KeptForDays)}


def limiter(one: concurrency_limiter.ConcurrencyLimiter) -> tuple[float, float, float]:
    return one.first, one.most, one._troubled_most


Claim = tuple[str, *tuple["float | Shown", ...]]
