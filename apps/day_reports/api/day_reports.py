from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import database_clock
from apps.core.api import query_parameters
from apps.core.api.openapi import Parameter, operation, words_parameter
from apps.core.money import EXPONENTS
from apps.core.pagination import page_as_json
from apps.day_reports.api.day_output import DayReportFileOutput, DayReportOutput
from apps.day_reports.rules.refusals import DayNotOver, DayReportNotFound, MerchantDayTooLong
from apps.day_reports.selectors.find_day import find_day
from apps.day_reports.selectors.list_days import list_days
from apps.day_reports.services.build_merchant_day import KINDS, build_merchant_day
from apps.merchants import scopes
from apps.merchants.caller import caller_of

_DAY: dict[str, Any] = {"type": "string", "maxLength": 500}
DAYS = [
    Parameter("first_day", "Of this day of your time zone, or later.", _DAY, "2026-11-01"),
    Parameter("last_day", "Of this day, or earlier: one that is over.", _DAY, "2026-11-21"),
]
FORMAT = Parameter(
    "format", "csv if you do not say.", {"type": "string", "enum": list(KINDS)}, "csv"
)


class DayReportList(APIView):
    scopes = {"GET": scopes.BALANCE_READ}

    @operation(
        summary="List day reports",
        description="What moved your available balance on each day of your time zone, one report a"
        " currency, soon after the day is over. A corrected day is a new report with a higher"
        " version, in the place of the one before. Newest first.",
        answer=DayReportOutput,
        is_list=True,
        errors=[DayNotOver],
        query=[*DAYS, words_parameter("currency", "", sorted(EXPONENTS))],
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(
            query, *query_parameters.PAGE, "first_day", "last_day", "currency"
        )
        page = list_days(
            caller=caller_of(request),
            query=query,
            currencies=query_parameters.words(query, "currency", EXPONENTS),
            first_day=_day(query, "first_day"),
            last_day=_day(query, "last_day"),
            now=database_clock.now(),
        )
        return Response(page_as_json(page, DayReportOutput.as_json))


class DayReportDetail(APIView):
    scopes = {"GET": scopes.BALANCE_READ}

    @operation(
        summary="Get a day report",
        description="Of any version: none is ever changed.",
        answer=DayReportOutput,
        errors=[DayReportNotFound],
    )
    def get(self, request: Request, day_report_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        day = find_day(day_report_id, caller=caller_of(request))
        return Response(DayReportOutput.as_json(day))


class DayReportFile(APIView):
    scopes = {"GET": scopes.BALANCE_READ}

    @operation(
        summary="Get a day report as a file",
        description="With every movement, in your language: csv, xlsx, xml by our published schema,"
        " the banks' camt.053, or pdf, which is signed.",
        answer=DayReportFileOutput,
        errors=(DayReportNotFound, MerchantDayTooLong),
        query=[FORMAT],
    )
    def get(self, request: Request, day_report_id: str) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(query, "format")
        kind = query_parameters.choice(query, "format", KINDS, default="csv")
        day = find_day(day_report_id, caller=caller_of(request))
        file = build_merchant_day(day, kind=kind, now=database_clock.now())
        return Response(DayReportFileOutput.as_json(file, day_report=day.public_id, format=kind))


def _day(query: Mapping[str, Any], name: str) -> date | None:
    said = query_parameters.text(query, name)
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise query_parameters.InvalidParameter("Write it as 2026-11-21.", field=name) from None
