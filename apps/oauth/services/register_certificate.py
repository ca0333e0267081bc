from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.public_ids import new_id
from apps.merchants.caller import Caller
from apps.merchants.granting import check_may_give
from apps.merchants.models import DelegatedObject, Merchant
from apps.merchants.rights import Rights
from apps.merchants.services.delegate_object import delegate_object
from apps.oauth.certificates import Certificate, NotACertificate, read_certificate
from apps.oauth.models import ClientCertificate

# Unrevoked ones of one merchant in one mode.
CERTIFICATES_MAX = 50


class CertificateInvalid(DomainError):
    code = "certificate_invalid"
    status = 422
    title = "This is not a client certificate we can use."


class CertificateWeak(DomainError):
    code = "certificate_weak"
    status = 422
    title = "The certificate's key is too weak."


class CertificateNotValidNow(DomainError):
    code = "certificate_not_valid_now"
    status = 422
    title = "The certificate is not valid now."


class CertificateInUse(DomainError):
    code = "certificate_in_use"
    status = 409
    title = "The certificate is registered already."


class TooManyCertificates(DomainError):
    code = "too_many_client_certificates"
    status = 422
    title = "There are too many client certificates."


@transaction.atomic
def register_certificate(
    *,
    caller: Caller,
    pem: str,
    scopes: Sequence[str],
    allowed_addresses: Sequence[str] = (),
    label: str = "",
    now: datetime,
) -> ClientCertificate:
    """From now on, who connects with this certificate may call for the caller's merchant.

    It is known by its own SHA-256; who signed it does not matter.

    Args:
        pem: one certificate, without its private key.
        allowed_addresses: networks in CIDR notation; none means from everywhere.

    Raises:
        CertificateInvalid: no X.509 certificate, or one of an authority.
        CertificateWeak: RSA below 2048 bits, or a curve below P-256.
        CertificateNotValidNow: expired, or not yet valid.
        CertificateInUse: it says who is calling, so it has one holder.
        ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable: it would outdo the caller.
        TooManyCertificates: the merchant has CERTIFICATES_MAX in this mode.
    """
    certificate = _read(pem, now=now)
    check_may_give(caller, Rights(scopes, allowed_addresses, certificate.not_after))
    # One at a time, so that the limit holds.
    Merchant.objects.select_for_update(no_key=True).get(pk=caller.merchant.pk)
    mine = ClientCertificate.objects.filter(
        merchant=caller.merchant, livemode=caller.livemode, revoked_at=None
    )
    if mine.count() >= CERTIFICATES_MAX:
        raise TooManyCertificates(f"Revoke some: {CERTIFICATES_MAX} in each mode is the limit.")
    try:
        with transaction.atomic():
            registered = ClientCertificate.objects.create(
                id=new_id(),
                merchant=caller.merchant,
                livemode=caller.livemode,
                label=label,
                thumbprint=certificate.thumbprint,
                subject=certificate.subject,
                scopes=list(scopes),
                allowed_addresses=list(allowed_addresses),
                not_before=certificate.not_before,
                not_after=certificate.not_after,
                created_at=now,
            )
    except IntegrityError:
        raise CertificateInUse(
            "Make another for this mode and merchant; if you never registered it, ask our support.",
            field="certificate",
        ) from None
    delegate_object(
        caller=caller,
        kind=DelegatedObject.Kind.CLIENT_CERTIFICATE,
        object_id=registered.pk,
        scopes=scopes,
        now=now,
    )
    record(
        actor=caller.actor,
        action="client_certificate.register",
        target=registered.public_id,
        detail={"thumbprint": certificate.thumbprint, "scopes": list(scopes)},
        now=now,
    )
    return registered


def _read(pem: str, *, now: datetime) -> Certificate:
    if "PRIVATE KEY" in pem:
        raise CertificateInvalid(
            "Never send a private key. Make another pair, and send its certificate alone.",
            field="certificate",
        )
    try:
        certificate = read_certificate(pem)
    except NotACertificate as error:
        raise CertificateInvalid(f"Check it: {error}.", field="certificate") from None
    if certificate.is_authority:
        raise CertificateInvalid(
            "It is an authority's: send one that its holder connects with.", field="certificate"
        )
    if certificate.weakness:
        raise CertificateWeak(
            f"Use RSA of 2048 bits or more, P-256 to P-521 or Ed25519: {certificate.weakness}.",
            field="certificate",
        )
    if not certificate.not_before <= now < certificate.not_after:
        raise CertificateNotValidNow("See its notBefore and notAfter.", field="certificate")
    return certificate
