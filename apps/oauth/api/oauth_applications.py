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
from apps.oauth.api.oauth_input import (
    ApplicationChangesInput,
    ApplicationInput,
    read_application,
    read_application_changes,
)
from apps.oauth.api.oauth_output import (
    ApplicationDeletedOutput,
    ApplicationOutput,
    ApplicationWithSecretOutput,
)
from apps.oauth.models import Application
from apps.oauth.selectors.find_application import ApplicationNotFound, find_application
from apps.oauth.services.change_application import change_application
from apps.oauth.services.delete_application import delete_application
from apps.oauth.services.register_application import (
    ApplicationUseless,
    TooManyApplications,
    register_application,
)


class ApplicationList(APIView):
    scopes = {"GET": scopes.API_KEYS_READ, "POST": scopes.API_KEYS_WRITE}

    @operation(
        summary="Register an OAuth application",
        description="A program that asks merchants for access, or acts for you by its own secret. "
        "The answer shows the client secret, this once.",
        body=ApplicationInput,
        request_example=examples.NEW_APPLICATION,
        answer=ApplicationWithSecretOutput,
        status=201,
        errors=[*NOT_GRANTABLE, ApplicationUseless, TooManyApplications],
    )
    def post(self, request: Request) -> HttpResponse:
        details = read_application(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            application, secret = register_application(caller=caller, **details, now=now)
            return 201, ApplicationWithSecretOutput.as_json(application, client_secret=secret)

        return idempotent_response(request, work)

    @operation(
        summary="List OAuth applications",
        answer=ApplicationOutput,
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        query = request.query_params
        query_parameters.refuse_unknown(query, *query_parameters.PAGE)
        own = Application.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
        page = read_page(own.filter(deleted_at=None), own=own, query=query, prefix="app")
        return Response(page_as_json(page, ApplicationOutput.as_json))


class ApplicationDetail(APIView):
    scopes = {
        "GET": scopes.API_KEYS_READ,
        "PATCH": scopes.API_KEYS_WRITE,
        "DELETE": scopes.API_KEYS_WRITE,
    }

    @operation(
        summary="Get an OAuth application",
        answer=ApplicationOutput,
        errors=[ApplicationNotFound],
    )
    def get(self, request: Request, application_id: str) -> Response:
        application = find_application(application_id, caller=caller_of(request))
        return Response(ApplicationOutput.as_json(application))

    @operation(
        summary="Change an OAuth application",
        description="What is not sent stays as it is. Its tokens end when it is switched off, "
        "loses a scope, or has to show a certificate from now on.",
        body=ApplicationChangesInput,
        request_example={"name": "Boutique"},
        answer=ApplicationOutput,
        example=ApplicationOutput.example(name="Boutique"),
        errors=[ApplicationNotFound, *NOT_GRANTABLE, ApplicationUseless],
    )
    def patch(self, request: Request, application_id: str) -> Response:
        caller = caller_of(request)
        changes = read_application_changes(request.data)
        application = find_application(application_id, caller=caller)
        application = change_application(
            application_id=application.pk, changes=changes, caller=caller, now=timezone.now()
        )
        return Response(ApplicationOutput.as_json(application))

    @operation(
        summary="Delete an OAuth application",
        description="All its tokens end, whichever merchant they are for.",
        answer=ApplicationDeletedOutput,
        errors=[ApplicationNotFound],
    )
    def delete(self, request: Request, application_id: str) -> Response:
        caller = caller_of(request)
        application = find_application(application_id, caller=caller)
        delete_application(application_id=application.pk, actor=caller.actor, now=timezone.now())
        return Response(ApplicationDeletedOutput.as_json(application, is_deleted=True))
