from __future__ import annotations

from django.urls import path

from apps.day_reports.api.day_reports import DayReportDetail, DayReportFile, DayReportList

urlpatterns = [
    path("day_reports", DayReportList.as_view(), name="day-report-list"),
    path("day_reports/<str:day_report_id>", DayReportDetail.as_view(), name="day-report-detail"),
    path("day_reports/<str:day_report_id>/file", DayReportFile.as_view(), name="day-report-file"),
]
