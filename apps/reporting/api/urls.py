from __future__ import annotations

from django.urls import path

from apps.reporting.api.reports import (
    ReportDisputes,
    ReportFailures,
    ReportResponseTimes,
    ReportSummary,
    ReportTimeseries,
)

urlpatterns = [
    path("reports/summary", ReportSummary.as_view(), name="report-summary"),
    path("reports/timeseries", ReportTimeseries.as_view(), name="report-timeseries"),
    path("reports/failures", ReportFailures.as_view(), name="report-failures"),
    path("reports/response_times", ReportResponseTimes.as_view(), name="report-response-times"),
    path("reports/disputes", ReportDisputes.as_view(), name="report-disputes"),
]
