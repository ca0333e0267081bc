"""An OAuth application and a client certificate as merchants see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.oauth.models import Application, ClientCertificate


def application_as_json(application: Application) -> dict[str, Any]:
    """The public shape, without the secret. No query."""
    return {
        "id": application.public_id,
        "object": "oauth_application",
        "livemode": application.livemode,
        "name": application.name,
        "client_id": application.client_id,
        "is_confidential": application.is_confidential,
        "redirect_uris": application.redirect_addresses,
        "scopes": application.scopes,
        "certificate_bound_tokens": application.certificate_bound_tokens,
        "allowed_addresses": application.allowed_addresses,
        "is_active": application.is_active,
        "created_at": _instant(application.created_at),
    }


def certificate_as_json(certificate: ClientCertificate) -> dict[str, Any]:
    """No query."""
    return {
        "id": certificate.public_id,
        "object": "client_certificate",
        "livemode": certificate.livemode,
        "label": certificate.label,
        "thumbprint": certificate.thumbprint,
        "subject": certificate.subject,
        "scopes": certificate.scopes,
        "allowed_addresses": certificate.allowed_addresses,
        "not_before": _instant(certificate.not_before),
        "not_after": _instant(certificate.not_after),
        "created_at": _instant(certificate.created_at),
        "revoked_at": _instant(certificate.revoked_at),
    }


def _instant(value: datetime | None) -> str | None:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if value else None
