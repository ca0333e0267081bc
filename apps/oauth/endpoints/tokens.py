from __future__ import annotations

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_post_parameters

from apps.oauth.endpoints.form_endpoint import CORE, Answer, form_endpoint


@sensitive_post_parameters()
@form_endpoint
def token(request: HttpRequest) -> Answer:
    """Tokens for a code, for a refresh token, or for the program itself (RFC 6749, 3.2)."""
    answer: Answer = CORE.create_token_response(request)
    return answer


@sensitive_post_parameters()
@form_endpoint
def revoke(request: HttpRequest) -> Answer:
    """RFC 7009."""
    answer: Answer = CORE.create_revocation_response(request)
    return answer


@sensitive_post_parameters()
@form_endpoint
def introspect(request: HttpRequest) -> Answer:
    """RFC 7662."""
    return CORE.create_introspection_response(request)
