from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import operation
from apps.core.pagination import page_as_json, read_page
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.granting import NOT_GRANTABLE
from apps.merchants.services.idempotent_response import idempotent_response
from apps.oauth.api import examples
from apps.oauth.api.oauth_input import CertificateInput, read_certificate_input
from apps.oauth.api.oauth_output import CertificateOutput
from apps.oauth.models import ClientCertificate
from apps.oauth.selectors.find_certificate import CertificateNotFound, find_certificate
from apps.oauth.services.register_certificate import (
    CertificateInUse,
    CertificateInvalid,
    CertificateNotValidNow,
    CertificateWeak,
    TooManyCertificates,
    register_certificate,
)
from apps.oauth.services.revoke_certificate import revoke_certificate


class CertificateList(APIView):
    scopes = {"GET": scopes.API_KEYS_READ, "POST": scopes.API_KEYS_WRITE}

    @operation(
        summary="Register a client certificate",
        description="Who connects with it (mutual TLS) may call without an API key. Tokens of your "
        "OAuth applications can be bound to it.",
        body=CertificateInput,
        request_example=examples.NEW_CERTIFICATE,
        answer=CertificateOutput,
        status=201,
        errors=[
            CertificateInvalid,
            CertificateWeak,
            CertificateNotValidNow,
            CertificateInUse,
            TooManyCertificates,
            *NOT_GRANTABLE,
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        details = read_certificate_input(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            certificate = register_certificate(caller=caller, **details, now=now)
            return 201, CertificateOutput.as_json(certificate)

        return idempotent_response(request, work)

    @operation(
        summary="List client certificates",
        answer=CertificateOutput,
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        query = request.query_params
        query_parameters.refuse_unknown(query, *query_parameters.PAGE)
        own = ClientCertificate.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
        page = read_page(own, own=own, query=query, prefix="ccert")
        return Response(page_as_json(page, CertificateOutput.as_json))


class CertificateDetail(APIView):
    scopes = {"GET": scopes.API_KEYS_READ, "DELETE": scopes.API_KEYS_WRITE}

    @operation(
        summary="Get a client certificate",
        answer=CertificateOutput,
        errors=[CertificateNotFound],
    )
    def get(self, request: Request, certificate_id: str) -> Response:
        certificate = find_certificate(certificate_id, caller=caller_of(request))
        return Response(CertificateOutput.as_json(certificate))

    @operation(
        summary="Revoke a client certificate",
        description="Within a second it opens nothing any more, nor do the tokens bound to it.",
        answer=CertificateOutput,
        example=CertificateOutput.example(revoked_at="2026-11-23T08:00:00.000Z"),
        errors=[CertificateNotFound],
    )
    def delete(self, request: Request, certificate_id: str) -> Response:
        caller = caller_of(request)
        certificate = find_certificate(certificate_id, caller=caller)
        certificate = revoke_certificate(
            certificate_id=certificate.pk, actor=caller.actor, now=timezone.now()
        )
        return Response(CertificateOutput.as_json(certificate))
