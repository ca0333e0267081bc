"""An OAuth application and a client certificate as merchants see them."""

from __future__ import annotations

from typing import Any

from apps.core.json_format import instant_as_json
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
        "created_at": instant_as_json(application.created_at),
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
        "not_before": instant_as_json(certificate.not_before),
        "not_after": instant_as_json(certificate.not_after),
        "created_at": instant_as_json(certificate.created_at),
        "revoked_at": instant_as_json(certificate.revoked_at),
    }
