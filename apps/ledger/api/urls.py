from __future__ import annotations

from django.urls import path

from apps.ledger.api.balance import BalanceDetail, TransferList

urlpatterns = [
    path("balance", BalanceDetail.as_view(), name="balance"),
    path("balance/transfers", TransferList.as_view(), name="transfer-list"),
]
