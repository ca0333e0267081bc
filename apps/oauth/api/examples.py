"""Examples of the documentation."""

from __future__ import annotations

from typing import Any

NEW_APPLICATION: dict[str, Any] = {
    "name": "Boutique en ligne",
    "redirect_uris": ["https://boutique.example/lomi/retour"],
    "scopes": ["payments:read", "payments:write"],
}

APPLICATION: dict[str, Any] = {
    "id": "app_01kasq2v9hf7n8xw4y6zt3m5cd",
    "object": "oauth_application",
    "livemode": False,
    "name": "Boutique en ligne",
    "client_id": "lomi_app_01kasq2v9hf7n8xw4y6zt3m5cd",
    "is_confidential": True,
    "redirect_uris": ["https://boutique.example/lomi/retour"],
    "scopes": ["payments:read", "payments:write"],
    "certificate_bound_tokens": False,
    "allowed_addresses": ["203.0.113.0/24"],
    "is_active": True,
    "created_at": "2026-11-22T08:00:00.000Z",
}

SECRET = "lomi_cs_…"  # noqa: S105 (shortened)

NEW_CERTIFICATE: dict[str, Any] = {
    "certificate": "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n",
    "scopes": ["payments:read", "payments:write"],
    "label": "Serveur de caisse",
}

CERTIFICATE: dict[str, Any] = {
    "id": "ccert_01kasq3c5e8r2t9v7w1x4y6z0b",
    "object": "client_certificate",
    "livemode": False,
    "label": "Serveur de caisse",
    "thumbprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "subject": "CN=caisse.boutique.example",
    "scopes": ["payments:read", "payments:write"],
    "allowed_addresses": [],
    "not_before": "2026-11-01T00:00:00.000Z",
    "not_after": "2027-11-01T00:00:00.000Z",
    "created_at": "2026-11-22T08:00:00.000Z",
    "revoked_at": None,
}
