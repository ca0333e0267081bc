"""How a batch is sent, within the admin: its door, its second look and its audit are this page's
too."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from apps.payout_batches.staff.batch_sending import BatchSending
from apps.payout_batches.staff.results_file import results_file

guarded = admin.site.admin_view

urlpatterns = [
    path("<uuid:batch_id>/", guarded(BatchSending.as_view()), name="staff-payout-batch"),
    path(
        "<uuid:batch_id>/results/<str:kind>/",
        guarded(results_file),
        name="staff-payout-batch-results",
    ),
]
