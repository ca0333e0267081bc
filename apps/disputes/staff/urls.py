"""The desk of disputes, within the admin: its door, its second look and its audit are these pages'
too."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from apps.disputes.staff.dispute_detail import DisputeDetail
from apps.disputes.staff.dispute_list import DisputeList
from apps.disputes.staff.downloads import evidence_file, evidence_pack

guarded = admin.site.admin_view

urlpatterns = [
    path("", guarded(DisputeList.as_view()), name="staff-disputes"),
    path("<uuid:dispute_id>/", guarded(DisputeDetail.as_view()), name="staff-dispute"),
    path("<uuid:dispute_id>/pack/", guarded(evidence_pack), name="staff-dispute-pack"),
    path(
        "<uuid:dispute_id>/files/<uuid:file_id>/",
        guarded(evidence_file),
        name="staff-dispute-file",
    ),
]
