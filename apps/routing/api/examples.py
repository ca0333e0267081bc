"""Rails and what a number can be asked by, for the documentation."""

from __future__ import annotations

from typing import Any

PAYMENT_METHOD_REQUEST = {"phone": "677 00 00 01", "amount": 1500, "currency": "XAF"}
PAYMENT_METHOD: dict[str, Any] = {
    "object": "payment_method",
    "livemode": False,
    "phone": "+237677000001",
    "national": "6 77 00 00 01",
    "international": "+237 6 77 00 00 01",
    "country": "CM",
    "operator": "mtn",
    "is_test_number": False,
    "rails": [
        {
            "provider": "mtn_momo",
            "operator": "mtn",
            "currency": "XAF",
            "amount_min": 1,
            "amount_max": 5_000_000,
            "authorization": "approve_on_phone",
            "status": "open",
        }
    ],
    "reason": None,
}
AVAILABILITY: dict[str, Any] = {
    "object": "availability",
    "livemode": False,
    "country": "CM",
    "operator": "mtn",
    "provider": "mtn_momo",
    "name": "MTN Mobile Money",
    "operation": "collect",
    "status": "open",
    "reason": None,
    "since": None,
    "currency": "XAF",
    "decimals": 0,
    "amount_min": 1,
    "amount_max": 5_000_000,
    "authorization": "approve_on_phone",
    "prompt": {
        "fr": "Une demande de paiement s'affiche sur votre téléphone. Entrez votre code secret"
        " pour l'accepter.",
        "en": "A payment request appears on your phone. Enter your secret code to approve it.",
    },
}
