"""What the protocol asks of us: who a program is, what it may have, what became of a code."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidGrantError,
    UnauthorizedClientError,
)

from apps.oauth.certificates import confirmation
from apps.oauth.consenting import consenting_members
from apps.oauth.exchanged_pair import decrypt_pair, encrypt_pair
from apps.oauth.models import AccessToken, Application, Grant, RefreshToken
from apps.oauth.protocol.server import INTROSPECTION, IS_WITHIN, THUMBPRINT
from apps.oauth.selectors.registered_certificate import registered_certificate
from apps.oauth.services.create_code import create_code
from apps.oauth.services.issue_tokens import issue_tokens
from apps.oauth.services.revoke_family import revoke_family
from apps.oauth.services.revoke_token import revoke_token
from apps.oauth.token_format import (
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    code_digest,
    is_well_formed,
    secret_digest,
)


class Validator(OAuth2Validator):
    """Runs within the endpoint's transaction: what is locked here stays so until the answer."""

    # Who is asking.

    def _load_application(self, client_id: str, request: Request) -> Application | None:
        """No program is ever fetched from elsewhere."""
        if request.client is None or request.client.client_id != client_id:
            request.client = None
            if client_id and "\x00" not in client_id:
                request.client = (
                    Application.objects.select_related("merchant")
                    .filter(client_id=client_id)
                    .first()
                )
        if request.client is not None and not request.client.is_usable(request):
            request.client = None
        found: Application | None = request.client
        return found

    def _authenticate_basic_auth(self, request: Request) -> bool:
        encoded = self._extract_basic_auth(request)
        if not encoded:
            return False
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError):
            return False
        client_id, _, secret = text.partition(":")
        return self._has_secret(unquote_plus(client_id), unquote_plus(secret), request)

    def _authenticate_request_body(self, request: Request) -> bool:
        return self._has_secret(request.client_id or "", request.client_secret or "", request)

    def _has_secret(self, client_id: str, secret: str, request: Request) -> bool:
        application = self._load_application(client_id, request)
        if application is None or not application.is_confidential:
            return False
        # A keyed hash is enough for 190 random bits; a slow one would be a way to tire us.
        return hmac.compare_digest(application.client_secret, secret_digest(secret))

    def client_authentication_required(self, request: Request, *_: Any, **__: Any) -> bool:
        if self._extract_basic_auth(request) or request.client_secret:
            return True
        # What tokens may do is told to nobody who cannot prove who they are (RFC 7662, 2.1).
        if INTROSPECTION in request.headers:
            return True
        application = self._load_application(request.client_id or "", request)
        return application is None or application.is_confidential

    def is_origin_allowed(self, client_id: str, origin: str, request: Request, *_: Any) -> bool:
        return False

    # What it may have.

    def validate_response_type(
        self, client_id: str, response_type: str, client: Application, request: Request, *_: Any
    ) -> bool:
        return response_type == "code" and bool(client.redirect_uris)

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Application, request: Request, *_: Any
    ) -> bool:
        if grant_type == "client_credentials":
            return client.is_confidential
        return bool(client.redirect_uris)

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Application, request: Request, *_: Any
    ) -> bool:
        return bool(scopes) and set(scopes) <= set(client.scopes)

    def get_default_scopes(self, client_id: str, request: Request, *_: Any) -> list[str]:
        return list(request.client.scopes)

    def bind_to_certificate(self, request: Request) -> None:
        """Before tokens are made: the certificate that they will need beside them (RFC 8705).

        Raises:
            InvalidClientError: the program promised a certificate and shows none of its own.
        """
        request.thumbprint = ""
        application = request.client
        if not application.certificate_bound_tokens:
            return
        thumbprint = request.headers.get(THUMBPRINT, "")
        certificate = thumbprint and registered_certificate(
            thumbprint,
            merchant_id=application.merchant_id,
            livemode=application.livemode,
            now=timezone.now(),
        )
        if not certificate:
            raise InvalidClientError(
                description="Connect with a registered client certificate of this application.",
                request=request,
            )
        request.thumbprint = thumbprint

    def check_address(self, request: Request) -> None:
        """Before tokens are made.

        Raises:
            UnauthorizedClientError: the program may not be used from here.
        """
        if not request.headers[IS_WITHIN](request.client.allowed_addresses):
            raise UnauthorizedClientError(
                description="The request comes from an address that is not on the "
                "allowed_addresses of the application.",
                request=request,
            )

    def check_repetition(self, request: Request) -> None:
        """Before a pair is given again: only for the same request.

        Raises:
            InvalidGrantError: it asks for other scopes, or shows another certificate.
        """
        repeated = getattr(request, "repeated", None)
        if repeated is None:
            return
        access = repeated.access
        if (
            set(request.scopes) != set(access.scope.split())
            or request.thumbprint != access.thumbprint
        ):
            raise InvalidGrantError(
                description="The refresh token was exchanged a moment ago by another request. "
                "Use the tokens that were given then.",
                request=request,
            )

    # Codes.

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *_: Any
    ) -> None:
        create_code(
            application=request.client,
            member=request.member,
            code=code["code"],
            redirect_uri=request.redirect_uri,
            scope=" ".join(request.scopes),
            code_challenge=request.code_challenge,
            now=timezone.now(),
        )

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Request, *_: Any
    ) -> bool:
        now = timezone.now()
        # Of two at once, the second waits and finds the code used.
        grant = (
            Grant.objects.select_for_update()
            .filter(digest=code_digest(code), application=request.client)
            .first()
        )
        if grant is None:
            return False
        if grant.used_at is not None:
            # Somebody has it who should not: whoever came first may be the thief.
            revoke_family(family=grant.pk, now=now)
            return False
        if grant.expires <= now or not _may_still_consent(grant.user_id, grant.merchant_id):
            return False
        request.grant = grant
        request.user = grant.user
        request.scopes = grant.scope.split()
        return True

    def get_code_challenge(self, code: str, request: Request) -> str:
        return str(request.grant.code_challenge)

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return "S256"

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Application, request: Request
    ) -> bool:
        return bool(redirect_uri == request.grant.redirect_uri)

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *_: Any
    ) -> None:
        Grant.objects.filter(pk=request.grant.pk).update(used_at=timezone.now())

    # Tokens.

    def save_bearer_token(self, token: dict[str, Any], request: Request, *_: Any) -> None:
        now = timezone.now()
        repeated: ExchangedPair | None = getattr(request, "repeated", None)
        if repeated is not None:
            # Nothing new: what was made for the first of the two.
            token.update(repeated.pair)
            token["expires_in"] = max(1, int((repeated.access.expires - now).total_seconds()))
            return
        # The consent they come from: a grant just redeemed, or that of the token refreshed.
        consent = getattr(request, "grant", None) or getattr(request, "refreshed", None)
        family: UUID | None = consent.pk if consent else None
        if isinstance(consent, RefreshToken):
            family = consent.token_family
            pair = {name: token[name] for name in ("access_token", "refresh_token")}
            RefreshToken.objects.filter(pk=consent.pk).update(
                revoked=now,
                answer_encrypted=encrypt_pair(
                    pair, refresh_token=request.refresh_token, row_id=consent.pk
                ),
            )
        issue_tokens(
            application=request.client,
            merchant_id=consent.merchant_id if consent else request.client.merchant_id,
            user_id=consent.user_id if consent else None,
            scope=token["scope"],
            # Narrowed for this access token only (RFC 6749, 6).
            refresh_scope=consent.scope if consent else "",
            access_token=token["access_token"],
            refresh_token=token.get("refresh_token", ""),
            family=family,
            thumbprint=request.thumbprint,
            now=now,
        )

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *_: Any
    ) -> bool:
        now = timezone.now()
        if not is_well_formed(REFRESH_TOKEN, refresh_token):
            return False
        found = (
            RefreshToken.objects.select_for_update()
            .filter(token_checksum=_checksum(refresh_token), application=request.client)
            .first()
        )
        if found is None:
            return False
        if found.revoked is not None:
            request.repeated = _pair_again(found, refresh_token, now=now)
            if request.repeated is None:
                # Exchanged before, or ended: one of the two who hold it stole it.
                revoke_family(family=found.token_family, now=now)
                raise InvalidGrantError(
                    description="The refresh token was used before, or its consent has ended. "
                    "Ask the merchant to consent again.",
                    request=request,
                )
        if found.expires_at <= now or not _may_still_consent(found.user_id, found.merchant_id):
            raise InvalidGrantError(
                description="The refresh token has expired, or who consented may no longer do so.",
                request=request,
            )
        request.refreshed = found
        request.user = found.user
        return True

    def get_original_scopes(self, refresh_token: str, request: Request, *_: Any) -> list[str]:
        # What was taken from the program since is not given back by refreshing.
        kept = [
            scope for scope in request.refreshed.scope.split() if scope in request.client.scopes
        ]
        if not kept:
            raise InvalidGrantError(request=request)
        return kept

    def rotate_refresh_token(self, request: Request) -> bool:
        return True

    def revoke_token(
        self, token: str, token_type_hint: str, request: Request, *_: Any, **__: Any
    ) -> None:
        revoke_token(token=token, application_id=request.client.pk, now=timezone.now())

    def introspect_token(
        self, token: str, token_type_hint: str, request: Request, *_: Any, **__: Any
    ) -> dict[str, Any] | None:
        """What a token of the asking program may do; None for any other (RFC 7662)."""
        if is_well_formed(ACCESS_TOKEN, token):
            access = (
                AccessToken.objects.select_related("merchant")
                .filter(token_checksum=_checksum(token), application=request.client)
                .first()
            )
            return access and _claims(access, ends_at=access.expires, ended=access.revoked_at)
        if is_well_formed(REFRESH_TOKEN, token):
            refresh = (
                RefreshToken.objects.select_related("merchant")
                .filter(token_checksum=_checksum(token), application=request.client)
                .first()
            )
            return refresh and _claims(refresh, ends_at=refresh.expires_at, ended=refresh.revoked)
        return None


@dataclass(frozen=True, slots=True)
class ExchangedPair:
    """What a refresh token was exchanged for a moment ago."""

    pair: dict[str, str]
    access: AccessToken


def _pair_again(
    exchanged: RefreshToken, refresh_token: str, *, now: datetime
) -> ExchangedPair | None:
    """The pair, while it is young and nothing of it was ended or exchanged in turn."""
    grace = timedelta(seconds=settings.OAUTH_REFRESH_GRACE_S)
    if exchanged.answer_encrypted is None or now >= exchanged.revoked + grace:
        return None
    pair = decrypt_pair(
        exchanged.answer_encrypted, refresh_token=refresh_token, row_id=exchanged.pk
    )
    if pair is None:
        return None
    next_one = RefreshToken.objects.select_for_update().filter(
        token_checksum=_checksum(pair["refresh_token"]), revoked=None
    )
    access = AccessToken.objects.filter(
        token_checksum=_checksum(pair["access_token"]), revoked_at=None
    ).first()
    if access is None or not next_one.exists():
        return None
    return ExchangedPair(pair, access)


def _claims(token: Any, *, ends_at: Any, ended: Any) -> dict[str, Any] | None:
    is_consented = token.user_id is None or _may_still_consent(token.user_id, token.merchant_id)
    if ended is not None or ends_at <= timezone.now() or not is_consented:
        return None
    claims = {
        "scope": token.scope,
        "client_id": token.application.client_id,
        "sub": token.merchant.public_id,
        "livemode": token.livemode,
        "jti": token.public_id,
        "iat": int(token.created_at.timestamp()),
        "exp": int(ends_at.timestamp()),
    }
    if isinstance(token, AccessToken):
        claims["token_type"] = "Bearer"  # noqa: S105 (a kind, no secret)
        if token.thumbprint:
            claims["cnf"] = confirmation(token.thumbprint)
    return claims


def _may_still_consent(user_id: int, merchant_id: UUID) -> bool:
    return consenting_members().filter(user=user_id, merchant=merchant_id).exists()


def _checksum(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
