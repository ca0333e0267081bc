from __future__ import annotations

from django.urls import path

from apps.settlement.api.settlements import (
    SettlementDetail,
    SettlementFile,
    SettlementLines,
    SettlementList,
)

urlpatterns = [
    path("settlements", SettlementList.as_view(), name="settlement-list"),
    path("settlements/<str:settlement_id>", SettlementDetail.as_view(), name="settlement-detail"),
    path(
        "settlements/<str:settlement_id>/lines",
        SettlementLines.as_view(),
        name="settlement-lines",
    ),
    path("settlements/<str:settlement_id>/file", SettlementFile.as_view(), name="settlement-file"),
]
