"""What is sent, for the documentation."""

from __future__ import annotations

from typing import Any

NEW_APPLICATION: dict[str, Any] = {
    "name": "Boutique en ligne",
    "redirect_uris": ["https://boutique.example/lomi/retour"],
    "scopes": ["payments:read", "payments:write"],
}
NEW_CERTIFICATE: dict[str, Any] = {
    "certificate": "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n",
    "scopes": ["payments:read", "payments:write"],
    "label": "Serveur de caisse",
}
