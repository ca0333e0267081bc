"""Rails in trouble: one source for each rule of rules/rails.py, over the same reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apps.core.alerts import CRITICAL, Finding, Parameters
from apps.monitoring.rules.anomaly import unreached
from apps.monitoring.rules.rails import judge
from apps.monitoring.selectors.rail_readings import (
    group_of,
    provider_name,
    rail_of,
    rail_readings,
)
from apps.providers.selectors.accounts import all_accounts
from apps.routing.selectors.account_health import account_health

# A fall of so many points wakes somebody.
STEEP_POINTS = 25


def failure_rate(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    return _look("failure_rate", wanted, now)


def failure_burst(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    return _look("failure_burst", wanted, now)


def slow_replies(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    return _look("slow_replies", wanted, now)


def provider_silent(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    return _look("provider_silent", wanted, now)


def success_fell(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    return _look("success_fell", wanted, now)


def provider_unreached(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """What routing counts of the replies to orders: also of those that are repeated by themselves,
    which no history tells of. All operations of an account are one."""
    health = account_health()
    for account in all_accounts():
        known = health.get(account.pk)
        if known is None or not (account.livemode or wanted["includes_test"]):
            continue
        facts = unreached(known.newest_instructions, known.newest_troubled, wanted)
        if facts is not None:
            yield Finding(
                key=account.public_id,
                group=group_of(account),
                facts={
                    "provider": provider_name(account.connector),
                    "account": account.label,
                    **facts,
                },
                rails=()
                if account.merchant_id
                else tuple(rail_of(account, operation) for operation in account.operations),
            )


def _look(code: str, wanted: Parameters, now: datetime) -> Iterator[Finding]:
    for reading in rail_readings(now):
        if not (reading.account.livemode or wanted["includes_test"]):
            continue
        facts = judge(code, reading.lately, reading.usual, wanted)
        if facts is None:
            continue
        points = facts["usual_percent"] - facts["percent"] if code == "success_fell" else 0.0
        yield Finding(
            key=f"{reading.account.public_id}:{reading.operation}",
            group=reading.group,
            facts={
                "provider": reading.provider,
                "country": reading.account.country,
                "operation": reading.operation,
                "account": reading.account.label,
                **facts,
            },
            severity=CRITICAL if points >= STEEP_POINTS else "",
            # What a merchant has a contract of its own for is no public rail.
            rails=() if reading.account.merchant_id else (reading.rail,),
        )
