"""What a merchant asks of its figures: each word is refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework.request import Request

from apps.core.api import query_parameters
from apps.core.api.openapi import Parameter, text_parameter, words_parameter
from apps.core.api.query_parameters import InvalidParameter
from apps.core.money import EXPONENTS
from apps.disputes.models import Reason
from apps.merchants.caller import caller_of
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import OPERATOR_CODES
from apps.reporting.rules.dimensions import OPERATIONS, OWN, OWN_OF_DISPUTES
from apps.reporting.rules.period import (
    PERIOD_MAX,
    PERIOD_USUAL,
    POINTS_MAX,
    Interval,
    Period,
    day_begins,
)
from apps.reporting.selectors.selection import Selection

GROUPS_MAX = 2
TEXTS = ("country", "method")

_TIME: dict[str, Any] = {"type": "string", "maxLength": 500}
_PERIOD = [
    Parameter(
        "from",
        "Of what was created from then on: an instant, or a day, which begins at midnight of your"
        " time zone. Left out: 30 days before the end. Hours are counted as a whole.",
        _TIME,
        example="2026-11-01",
    ),
    Parameter(
        "to",
        "And before then. Left out: now.",
        _TIME,
        example="2026-12-01",
    ),
]
_WHICH = [
    words_parameter("provider", "", PROFILES),
    words_parameter("operator", "", OPERATOR_CODES),
    words_parameter("currency", "", sorted(EXPONENTS)),
    text_parameter("country", "Countries, with commas.", example="CM"),
    text_parameter("method", "Payment methods, with commas.", example="mobile_money"),
]
QUERY = [
    *_PERIOD,
    words_parameter("operation", "collect: payments; disburse: payouts.", OPERATIONS),
    *_WHICH,
    words_parameter(
        "group_by", "Tell apart by one or two; operation and currency always are.", OWN
    ),
]
QUERY_OF_DISPUTES = [
    *_PERIOD,
    *_WHICH,
    words_parameter("reason", "", Reason.values),
    words_parameter(
        "group_by", "Tell apart by one or two; the currency always is.", OWN_OF_DISPUTES
    ),
]
INTERVAL = Parameter(
    "interval",
    "How long each point of time is, by the calendar of your time zone. A week begins on Monday.",
    {"type": "string", "enum": list(Interval), "default": Interval.DAY.value},
    example="day",
)


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What is asked for. `zone` is the merchant's."""

    selection: Selection
    period: Period
    group_by: list[str]
    interval: Interval
    zone: str


def read_report_query(
    request: Request,
    *,
    now: datetime,
    takes: Sequence[Parameter] = QUERY,
    groups: Sequence[str] = OWN,
) -> ReportQuery:
    """What is asked for, of the parameters it `takes` and grouped by some of `groups`.

    Raises UnknownParameter, InvalidParameter.
    """
    query, caller = request.query_params, caller_of(request)
    query_parameters.refuse_unknown(query, *(parameter.name for parameter in takes))
    zone = caller.merchant.timezone
    filters = {
        "operation": query_parameters.words(query, "operation", OPERATIONS),
        "currency": query_parameters.words(query, "currency", EXPONENTS),
        "provider": query_parameters.words(query, "provider", PROFILES),
        "operator": query_parameters.words(query, "operator", OPERATOR_CODES),
        "reason": query_parameters.words(query, "reason", Reason.values),
        **{name: query_parameters.texts(query, name) for name in TEXTS},
    }
    group_by = query_parameters.words(query, "group_by", groups)
    if len(group_by) > GROUPS_MAX:
        raise InvalidParameter(f"Send at most {GROUPS_MAX}.", field="group_by")
    period = _period(query, zone=zone, now=now)
    interval = Interval(_word(query, "interval", list(Interval)) or Interval.DAY)
    if INTERVAL in takes and period.points(interval) > POINTS_MAX:
        raise InvalidParameter(
            f"That would be more than {POINTS_MAX} points of time: send a longer interval or a"
            " shorter time.",
            field="interval",
        )
    return ReportQuery(
        selection=Selection.for_merchant(
            caller.merchant, livemode=caller.livemode, filters=filters
        ),
        period=period,
        group_by=group_by,
        interval=interval,
        zone=zone,
    )


def _period(query: Mapping[str, Any], *, zone: str, now: datetime) -> Period:
    end = _time(query, "to", zone=zone) or now
    begin = _time(query, "from", zone=zone) or end - PERIOD_USUAL
    if begin >= end:
        raise InvalidParameter("It must end after it begins.", field="to")
    if end - begin > PERIOD_MAX:
        raise InvalidParameter(f"Ask for at most {PERIOD_MAX.days} days.", field="from")
    return Period.around(begin, end)


def _time(query: Mapping[str, Any], name: str, *, zone: str) -> datetime | None:
    at = query_parameters.instant(query, name)
    if at is None:
        return None
    text = query_parameters.text(query, name)
    if len(text) == len("2026-11-22"):
        at = day_begins(text, zone)
    # The period before must exist too.
    if not 2000 <= at.year < 2200:
        raise InvalidParameter("Send an instant nearer to today.", field=name)
    return at


def _word(query: Mapping[str, Any], name: str, choices: list[str]) -> str:
    words = query_parameters.words(query, name, choices)
    if len(words) > 1:
        raise InvalidParameter("Send one.", field=name)
    return words[0] if words else ""
