"""What we offer of OAuth 2.0, and not one grant more: oauthlib knows the protocol's shape."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any

from django.http import HttpRequest, QueryDict
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.common import Request
from oauthlib.oauth2 import (
    AuthorizationCodeGrant,
    AuthorizationEndpoint,
    BearerToken,
    ClientCredentialsGrant,
    IntrospectEndpoint,
    RefreshTokenGrant,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from apps.merchants.authentication import is_within
from apps.oauth.certificates import presented_thumbprint
from apps.oauth.token_format import ACCESS_TOKEN, REFRESH_TOKEN, new_text

GRANT_TYPES = ("authorization_code", "client_credentials", "refresh_token")
RESPONSE_TYPES = ("code",)
CHALLENGE_METHODS = ("S256",)

# What an authorization request may say; all else is ignored (RFC 6749, 3.1).
AUTHORIZATION_PARAMETERS = (
    "response_type", "client_id", "redirect_uri", "scope", "state",
    "code_challenge", "code_challenge_method",
)  # fmt: skip

# And a request for tokens, or about one. oauthlib makes attributes of whatever is sent.
FORM_PARAMETERS = (
    "grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret",
    "refresh_token", "scope", "token", "token_type_hint",
)  # fmt: skip

# A SHA-256 in base64url without padding.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
# RFC 7636, 4.1.
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")

# No request header can be called so.
THUMBPRINT = "lomi.thumbprint"
INTROSPECTION = "lomi.introspection"
IS_WITHIN = "lomi.is_within"


class Server(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint, IntrospectEndpoint):
    """Authorization code with PKCE, client credentials, refresh; revocation, introspection."""

    def __init__(self, request_validator: Any, token_expires_in: int, **_settings: Any) -> None:
        bind = [request_validator.check_address, request_validator.bind_to_certificate]
        code = AuthorizationCodeGrant(
            request_validator,
            pre_auth=[_check_challenge],
            pre_token=[_check_verifier],
            post_token=bind,
        )
        credentials = ClientCredentialsGrant(request_validator, post_token=bind)
        refresh = RefreshTokenGrant(
            request_validator, post_token=[*bind, request_validator.check_repetition]
        )
        bearer = BearerToken(
            request_validator,
            token_generator=lambda request: new_text(ACCESS_TOKEN),
            expires_in=token_expires_in,
            refresh_token_generator=lambda request: new_text(REFRESH_TOKEN),
        )
        AuthorizationEndpoint.__init__(
            self,
            default_response_type="code",
            response_types={"code": code},
            default_token_type=bearer,
        )
        TokenEndpoint.__init__(
            self,
            # Says "unsupported_grant_type" to what is not in the list.
            default_grant_type="authorization_code",
            grant_types=dict(zip(GRANT_TYPES, (code, credentials, refresh), strict=True)),
            default_token_type=bearer,
        )
        RevocationEndpoint.__init__(self, request_validator)
        IntrospectEndpoint.__init__(self, request_validator)


class Core(OAuthLibCore):
    """Hands Django's requests to the server, their parameters read by Django alone.

    Two readers of one text may understand two things; and what oauthlib cannot read, it does not
    refuse but breaks on.
    """

    def _extract_params(self, request: HttpRequest) -> tuple[str, str, Any, dict[str, Any]]:
        method = request.method or "GET"
        return _address(request, request.GET), method, _form(request), self.extract_headers(request)

    def extract_headers(self, request: HttpRequest) -> dict[str, Any]:
        headers: dict[str, Any] = super().extract_headers(request)
        headers[THUMBPRINT] = presented_thumbprint(request)
        headers[IS_WITHIN] = lambda addresses: is_within(
            [ip_network(address) for address in addresses], request
        )
        return headers

    def create_introspection_response(
        self, request: HttpRequest
    ) -> tuple[str, dict[str, str], str, int]:
        uri, method, body, headers = self._extract_params(request)
        headers[INTROSPECTION] = "1"
        answer = self.server.create_introspect_response(uri, method, body, headers)
        return uri, *answer


class AuthorizationCore(Core):
    """The form's own fields are not the authorization request's: only the address counts."""

    def _extract_params(self, request: HttpRequest) -> tuple[str, str, Any, dict[str, Any]]:
        asked = QueryDict(mutable=True)
        for name in AUTHORIZATION_PARAMETERS:
            for value in request.GET.getlist(name):
                asked.appendlist(name, value)
        return _address(request, asked), request.method or "GET", "", self.extract_headers(request)


def _form(request: HttpRequest) -> str:
    known = QueryDict(mutable=True)
    for name in FORM_PARAMETERS:
        for value in request.POST.getlist(name):
            known.appendlist(name, value)
    return known.urlencode()


def _address(request: HttpRequest, query: QueryDict) -> str:
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _check_challenge(request: Request) -> dict[str, Any]:
    """Before the user is asked: PKCE with S256, for every program (RFC 9700, 2.1.1)."""
    if request.code_challenge is None:
        raise InvalidRequestError(description="Code challenge required.", request=request)
    if request.code_challenge_method not in CHALLENGE_METHODS:
        raise InvalidRequestError(
            description="Send code_challenge_method=S256; plain is not offered.", request=request
        )
    if not _CHALLENGE.match(request.code_challenge):
        raise InvalidRequestError(
            description="A code_challenge has 43 characters of base64url.", request=request
        )
    return {}


def _check_verifier(request: Request) -> None:
    if request.code_verifier is not None and not _VERIFIER.match(request.code_verifier):
        raise InvalidRequestError(
            description="A code_verifier has 43 to 128 characters.", request=request
        )
