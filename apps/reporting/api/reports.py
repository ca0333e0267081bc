from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.reporting.api.report_output import (
    DisputesOutput,
    FailuresOutput,
    ResponseTimesOutput,
    SummaryOutput,
    TimeseriesOutput,
)
from apps.reporting.api.report_query import (
    INTERVAL,
    QUERY,
    QUERY_OF_DISPUTES,
    ReportQuery,
    read_report_query,
)
from apps.reporting.rules.dimensions import OWN_OF_DISPUTES
from apps.reporting.selectors.compare_figures import compare_figures
from apps.reporting.selectors.counted_until import counted_until
from apps.reporting.selectors.read_disputes import read_disputes
from apps.reporting.selectors.read_failures import read_failures
from apps.reporting.selectors.read_figures import read_figures
from apps.reporting.selectors.read_response_times import read_response_times

BELONGS = (
    " Everything counts to the hour in which it was created, whenever it ended: news that come late"
    " change the hour they belong to. Figures follow within the hour; as_of says until when they"
    " are complete."
)


class _Report(APIView):
    scopes = {"GET": scopes.REPORTS_READ}


class ReportSummary(_Report):
    @operation(
        summary="Get figures of a period",
        description="How many payments, refunds and payouts you made, how they ended and what they"
        " moved, beside the period before." + BELONGS,
        answer=SummaryOutput,
        query=QUERY,
    )
    def get(self, request: Request) -> Response:
        asked = read_report_query(request, now=timezone.now())
        rows = compare_figures(asked.selection, asked.period, group_by=asked.group_by)
        return _answer(SummaryOutput, asked, rows)


class ReportTimeseries(_Report):
    @operation(
        summary="Get figures over time",
        description="The same figures for each hour, day, week or month." + BELONGS,
        answer=TimeseriesOutput,
        query=[*QUERY, INTERVAL],
    )
    def get(self, request: Request) -> Response:
        asked = read_report_query(request, now=timezone.now(), takes=[*QUERY, INTERVAL])
        rows = read_figures(
            asked.selection,
            asked.period,
            group_by=asked.group_by,
            interval=asked.interval,
            zone=asked.zone,
        )
        return _answer(TimeseriesOutput, asked, rows)


class ReportFailures(_Report):
    @operation(
        summary="Get the reasons of failures",
        description="Why what ended without success did, by failure code." + BELONGS,
        answer=FailuresOutput,
        query=QUERY,
    )
    def get(self, request: Request) -> Response:
        asked = read_report_query(request, now=timezone.now())
        rows = read_failures(asked.selection, asked.period, group_by=asked.group_by)
        return _answer(FailuresOutput, asked, rows)


class ReportResponseTimes(_Report):
    @operation(
        summary="Get response times",
        description="How long providers, payers and we took." + BELONGS,
        answer=ResponseTimesOutput,
        query=QUERY,
    )
    def get(self, request: Request) -> Response:
        asked = read_report_query(request, now=timezone.now())
        rows = read_response_times(asked.selection, asked.period, group_by=asked.group_by)
        return _answer(ResponseTimesOutput, asked, rows)


class ReportDisputes(_Report):
    @operation(
        summary="Get figures of disputes",
        description="How many of your payments were disputed, what became of it and how long you"
        " took to answer, beside the period before. A dispute counts to the hour in which it was"
        " opened, however old its payment is, and whenever it is decided.",
        answer=DisputesOutput,
        query=QUERY_OF_DISPUTES,
    )
    def get(self, request: Request) -> Response:
        asked = read_report_query(
            request, now=timezone.now(), takes=QUERY_OF_DISPUTES, groups=OWN_OF_DISPUTES
        )
        rows = read_disputes(asked.selection, asked.period, group_by=asked.group_by)
        return _answer(DisputesOutput, asked, rows)


def _answer(
    output: type[
        SummaryOutput | TimeseriesOutput | FailuresOutput | ResponseTimesOutput | DisputesOutput
    ],
    asked: ReportQuery,
    rows: Sequence[object],
) -> Response:
    return Response(
        output.as_json(
            asked,
            livemode=asked.selection.livemode,
            as_of=counted_until(asked.period),
            data=rows,
        )
    )
