from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.oauth.models import ClientCertificate


class CertificateNotFound(DomainError):
    code = "client_certificate_not_found"
    status = 404
    title = "There is no such client certificate."


def find_certificate(public_id: str, *, caller: Caller) -> ClientCertificate:
    """The caller's certificate, revoked or not; another's is not found. One query."""
    return find_own(
        ClientCertificate.objects.all(),
        public_id,
        prefix="ccert",
        caller=caller,
        not_found=CertificateNotFound,
    )
