"""One payout throughout its life, for the documentation."""

from __future__ import annotations

from typing import Any

PAYOUT_REQUEST: dict[str, Any] = {
    "amount": 1000,
    "currency": "XAF",
    "payee": {"phone": "677 00 00 03"},
    "reference": "wages-7",
    "description": "Wages of November",
    "metadata": {"employee": "42"},
}
NEW_PAYOUT: dict[str, Any] = {
    "id": "po_01kasdc3v8hq2n5r7t9w1y4b6d",
    "object": "payout",
    "livemode": False,
    "status": "pending",
    "amount": 1000,
    "currency": "XAF",
    "country": "CM",
    "operator": "mtn",
    "provider": "mtn_momo",
    "payee": {"phone": "+237 •••••••03"},
    "reference": "wages-7",
    "description": "Wages of November",
    "metadata": {"employee": "42"},
    "failure_code": None,
    "created_at": "2026-11-22T08:05:00.000Z",
    "completed_at": None,
}
PAYOUT = {**NEW_PAYOUT, "status": "succeeded", "completed_at": "2026-11-22T08:05:04.000Z"}

TIMELINE_ENTRY: dict[str, Any] = {
    "at": "2026-11-22T08:05:04.000Z",
    "kind": "status",
    "title": "payout succeeded",
    "detail": "",
    "data": {"from": "processing", "to": "succeeded", "source": "callback"},
}
