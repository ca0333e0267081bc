"""What ends soon: certificates of our own addresses, and what merchants call us with."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings

from apps.core.alerts import CRITICAL, Finding, Parameters
from apps.merchants.models import ApiKey
from apps.oauth.models import ClientCertificate

CONNECT_S_MAX = 5.0
NAMED_MAX = 20


def certificate_ending(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """wanted: days, critical_days."""
    for host, port in _own_addresses():
        try:
            ends_at = _not_after(host, port)
        except (OSError, ValueError) as error:
            why = type(error).__name__
            yield Finding(key=host, facts={"host": host, "days": 0, "why": why})
            continue
        days = (ends_at - now).days
        if days < wanted["days"]:
            yield Finding(
                key=host,
                facts={"host": host, "days": days, "why": ""},
                severity=CRITICAL if days < wanted["critical_days"] else "",
            )


def credential_ending(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Live keys without a successor, and certificates, of merchants. wanted: days."""
    soon = now + timedelta(days=wanted["days"])
    keys = ApiKey.objects.without_successor().filter(
        livemode=True, revoked_at=None, expires_at__gt=now, expires_at__lt=soon
    )
    certificates = ClientCertificate.objects.filter(
        livemode=True, revoked_at=None, not_after__gt=now, not_after__lt=soon
    )
    ends: list[tuple[str, datetime]] = [
        (key.public_id, key.expires_at)
        for key in keys.order_by("expires_at")[:NAMED_MAX]
        if key.expires_at
    ]
    ends += [
        (one.public_id, one.not_after) for one in certificates.order_by("not_after")[:NAMED_MAX]
    ]
    for public_id, ends_at in ends:
        yield Finding(
            key=public_id,
            group="credentials",
            facts={"credential": public_id, "days": (ends_at - now).days},
        )


def _own_addresses() -> set[tuple[str, int]]:
    parts = [
        urlsplit(url)
        for url in (settings.PUBLIC_URL, settings.REALTIME_URL, settings.MTLS_URL)
        if url.startswith("https://")
    ]
    return {(str(part.hostname), part.port or 443) for part in parts}


def _not_after(host: str, port: int) -> datetime:
    """When what this address shows ends, whoever signed it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=CONNECT_S_MAX) as plain,
        context.wrap_socket(plain, server_hostname=host) as connected,
    ):
        shown = connected.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(shown or b"").not_valid_after_utc
