"""Who is calling: OAuth access tokens, and client certificates alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network

from django.db.models import Exists, OuterRef
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.core.errors import DomainError
from apps.core.ttl_cache import TtlCache
from apps.merchants.authentication import MerchantInactive, check_address
from apps.merchants.caller import Caller
from apps.merchants.delegation import delegation_of, with_delegation
from apps.oauth.certificates import presented_thumbprint
from apps.oauth.consenting import consenting_members
from apps.oauth.models import AccessToken, ClientCertificate
from apps.oauth.token_format import ACCESS_TOKEN, is_well_formed


class AccessTokenMalformed(DomainError):
    code = "access_token_malformed"
    status = 401
    title = "This is not an access token."


class AccessTokenUnknown(DomainError):
    code = "access_token_unknown"
    status = 401
    title = "There is no such access token."


class AccessTokenExpired(DomainError):
    code = "access_token_expired"
    status = 401
    title = "The access token has expired."


class AccessTokenRevoked(DomainError):
    code = "access_token_revoked"
    status = 401
    title = "The access token was revoked."


class CertificateRequired(DomainError):
    code = "certificate_required"
    status = 401
    title = "This access token works only beside its client certificate."


class CertificateMismatch(DomainError):
    code = "certificate_mismatch"
    status = 401
    title = "This access token belongs to another client certificate."


class CertificateUnknown(DomainError):
    code = "certificate_unknown"
    status = 401
    title = "This client certificate is not registered."


class CertificateExpired(DomainError):
    code = "certificate_expired"
    status = 401
    title = "This client certificate is not valid today."


class OAuthAuthentication(BaseAuthentication):
    """`Authorization: Bearer lomi_at_…`; request.auth is the Caller."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.startswith(ACCESS_TOKEN):
            return None
        caller = caller_of_token(token, thumbprint=presented_thumbprint(request))
        check_address(caller, request)
        return None, caller

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="lomi"'


class ClientCertificateAuthentication(BaseAuthentication):
    """No Authorization header, but a TLS connection made with a registered certificate."""

    def authenticate(self, request: Request) -> tuple[None, Caller] | None:
        if request.headers.get("Authorization"):
            return None
        thumbprint = presented_thumbprint(request)
        if not thumbprint:
            return None
        caller = caller_of_certificate(thumbprint)
        check_address(caller, request)
        return None, caller


def caller_of_token(token: str, *, thumbprint: str) -> Caller:
    """The caller an access token stands for.

    Args:
        thumbprint: of the certificate the connection was made with, "" for none.

    Raises:
        AccessTokenMalformed, AccessTokenUnknown, AccessTokenExpired, AccessTokenRevoked,
        CertificateRequired, CertificateMismatch, MerchantInactive.
    """
    if not is_well_formed(ACCESS_TOKEN, token):
        raise AccessTokenMalformed("Copy the token whole, after 'Bearer '.")
    known = _tokens.get(hashlib.sha256(token.encode()).hexdigest())
    if known is None:
        raise AccessTokenUnknown("Check that you use the token of this environment.")
    if known.is_revoked:
        raise AccessTokenRevoked("Refresh it, or ask the merchant to consent again.")
    if known.caller.expires_at is None or known.caller.expires_at <= timezone.now():
        raise AccessTokenExpired("Get another with your refresh token or client credentials.")
    if known.thumbprint and not thumbprint:
        raise CertificateRequired("Connect with the certificate that the token was asked for with.")
    if known.thumbprint and known.thumbprint != thumbprint:
        raise CertificateMismatch("Connect with the certificate that the token was asked for with.")
    _check_merchant(known.caller)
    return known.caller


def caller_of_certificate(thumbprint: str) -> Caller:
    """The caller a registered certificate stands for.

    Raises:
        CertificateUnknown, CertificateExpired, MerchantInactive.
    """
    known = _certificates.get(thumbprint)
    if known is None:
        raise CertificateUnknown("Register it, or send your API key in Authorization.")
    now = timezone.now()
    if known.caller.expires_at is None or not known.not_before <= now < known.caller.expires_at:
        raise CertificateExpired("Register the certificate that replaced it.")
    _check_merchant(known.caller)
    return known.caller


@dataclass(frozen=True, slots=True)
class _KnownToken:
    caller: Caller
    is_revoked: bool
    thumbprint: str


@dataclass(frozen=True, slots=True)
class _KnownCertificate:
    caller: Caller
    not_before: datetime


def _check_merchant(caller: Caller) -> None:
    if not caller.merchant.is_active:
        raise MerchantInactive("Ask our support.")


def _load_token(checksum: str) -> _KnownToken | None:
    consent = consenting_members().filter(user=OuterRef("user"), merchant=OuterRef("merchant"))
    token = (
        AccessToken.objects.select_related("merchant", "application__merchant")
        .annotate(is_still_consented=Exists(consent))
        .filter(token_checksum=checksum)
        .first()
    )
    if token is None:
        return None
    # What a person granted ends with that person's right to grant it.
    is_ended = token.user_id is not None and not token.is_still_consented
    application = token.application
    return _KnownToken(
        caller=Caller(
            merchant=token.merchant,
            livemode=token.livemode,
            scopes=frozenset(token.scope.split()),
            credential=f"{application.public_id}:{token.public_id}",
            kind="access_token",
            expires_at=token.expires,
            networks=tuple(ip_network(text) for text in application.allowed_addresses),
            application_id=application.pk,
            # Tokens without a person's consent end with the application.
            grant_id=token.token_family or application.pk,
        ),
        is_revoked=token.revoked_at is not None or is_ended or not application.is_usable(None),
        thumbprint=token.thumbprint,
    )


def _load_certificate(thumbprint: str) -> _KnownCertificate | None:
    found = (
        with_delegation(ClientCertificate.objects.select_related("merchant"))
        .filter(thumbprint=thumbprint, revoked_at=None)
        .first()
    )
    if found is None:
        return None
    return _KnownCertificate(
        caller=Caller(
            merchant=found.merchant,
            livemode=found.livemode,
            scopes=frozenset(found.scopes),
            credential=found.public_id,
            kind="client_certificate",
            expires_at=found.not_after,
            networks=tuple(ip_network(text) for text in found.allowed_addresses),
            **delegation_of(found),
        ),
        not_before=found.not_before,
    )


# As with API keys: a revocation takes effect within a second, an end at once.
_tokens: TtlCache[str, _KnownToken | None] = TtlCache(_load_token)
_certificates: TtlCache[str, _KnownCertificate | None] = TtlCache(_load_certificate)
