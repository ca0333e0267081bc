from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import operation, words_parameter
from apps.core.api.query_parameters import PAGE, refuse_unknown, words
from apps.core.errors import DomainError
from apps.core.pagination import page_as_json, read_page
from apps.merchants import scopes
from apps.merchants.api import examples
from apps.merchants.api.api_key_input import (
    ApiKeyChangeInput,
    ApiKeyInput,
    RotationInput,
    read_changes,
    read_new_key,
    read_overlap,
)
from apps.merchants.caller import Caller, caller_of
from apps.merchants.granting import NOT_GRANTABLE
from apps.merchants.models import ApiKey
from apps.merchants.ownership import find_own
from apps.merchants.representation import ApiKeyOutput, ApiKeyWithSecretOutput
from apps.merchants.services.change_api_key import (
    ApiKeyNotActive,
    RotationUnderWay,
    ScopesFixed,
    change_api_key,
)
from apps.merchants.services.collect_successor import (
    NotYourSuccessor,
    SuccessorAlreadyCollected,
    SuccessorNotFound,
    collect_successor,
)
from apps.merchants.services.grant_api_key import ExpiryPast, TooManyApiKeys, grant_api_key
from apps.merchants.services.idempotent_response import idempotent_response
from apps.merchants.services.revoke_api_key import revoke_api_key
from apps.merchants.services.rotate_api_key import ApiKeyAlreadyRotated, rotate_api_key


class ApiKeyNotFound(DomainError):
    code = "api_key_not_found"
    status = 404
    title = "There is no such API key."


class ApiKeyList(APIView):
    scopes = {"GET": scopes.API_KEYS_READ, "POST": scopes.API_KEYS_WRITE}

    @operation(
        summary="List API keys",
        answer=ApiKeyOutput,
        query=[words_parameter("status", "Keys of this status.", ApiKey.Status.values)],
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        caller, query, now = caller_of(request), request.query_params, timezone.now()
        refuse_unknown(query, *PAGE, "status")
        keys = own = ApiKey.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
        statuses = words(query, "status", ApiKey.Status.values)
        if statuses:
            keys = keys.with_status(statuses, now=now)
        page = read_page(keys.with_successor(), own=own, query=query, prefix="key")
        return Response(page_as_json(page, lambda key: _as_json(key, now=now)))

    @operation(
        summary="Make an API key",
        answer=ApiKeyWithSecretOutput,
        status=201,
        body=ApiKeyInput,
        errors=[*NOT_GRANTABLE, ExpiryPast, TooManyApiKeys],
        request_example=examples.NEW_API_KEY_REQUEST,
        description="It can do no more, and last no longer, than the credential that makes it.",
    )
    def post(self, request: Request) -> HttpResponse:
        wanted = read_new_key(request.data)

        def grant(caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            api_key, key = grant_api_key(caller=caller, **wanted, now=now)
            return 201, _with_secret(api_key, key, now=now)

        return idempotent_response(request, grant)


class ApiKeyDetail(APIView):
    scopes = {
        "GET": scopes.API_KEYS_READ,
        "PATCH": scopes.API_KEYS_WRITE,
        "DELETE": scopes.API_KEYS_WRITE,
    }

    @operation(
        summary="Get an API key",
        answer=ApiKeyOutput,
        errors=[ApiKeyNotFound],
    )
    def get(self, request: Request, key_id: str) -> Response:
        api_key = _own(key_id, caller_of(request))
        return Response(_as_json(api_key, now=timezone.now()))

    @operation(
        summary="Change an API key",
        answer=ApiKeyOutput,
        body=ApiKeyChangeInput,
        errors=[
            ApiKeyNotFound,
            ApiKeyNotActive,
            *NOT_GRANTABLE,
            ScopesFixed,
            RotationUnderWay,
            ExpiryPast,
        ],
        request_example={"label": examples.API_KEY["label"]},
        description="Fields left out stay as they are. Takes effect within a second.",
    )
    def patch(self, request: Request, key_id: str) -> Response:
        caller, now = caller_of(request), timezone.now()
        changes = read_changes(request.data)
        api_key = change_api_key(
            api_key_id=_own(key_id, caller).pk, changes=changes, caller=caller, now=now
        )
        return Response(_as_json(api_key, now=now))

    @operation(
        summary="Revoke an API key",
        answer=ApiKeyOutput,
        errors=[ApiKeyNotFound],
        example=examples.REVOKED,
        description=(
            "It stops working within a second. A successor that waits to be collected is revoked "
            "with it."
        ),
    )
    def delete(self, request: Request, key_id: str) -> Response:
        caller, now = caller_of(request), timezone.now()
        api_key = revoke_api_key(api_key_id=_own(key_id, caller).pk, actor=caller.actor, now=now)
        return Response(_as_json(api_key, now=now))


class ApiKeyRotation(APIView):
    scopes = {"POST": scopes.API_KEYS_WRITE}

    @operation(
        summary="Rotate an API key",
        answer=ApiKeyWithSecretOutput,
        status=201,
        body=RotationInput,
        errors=[
            ApiKeyNotFound,
            ApiKeyNotActive,
            ApiKeyAlreadyRotated,
            *NOT_GRANTABLE,
            TooManyApiKeys,
        ],
        example=examples.SUCCESSOR,
        request_example={"overlap_hours": 24},
        description="The answer is the new key. Both work until the overlap ends.",
    )
    def post(self, request: Request, key_id: str) -> HttpResponse:
        overlap = read_overlap(request.data)

        def rotate(caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            old = _own(key_id, caller)
            successor, key = rotate_api_key(
                api_key_id=old.pk, overlap=overlap, caller=caller, now=now
            )
            return 201, _with_secret(successor, key, now=now)

        return idempotent_response(request, rotate)


class ApiKeySuccessor(APIView):
    # A key may always collect its own successor; the service refuses the others.
    scopes = {"POST": scopes.ITSELF}

    @operation(
        summary="Collect the successor of an API key",
        answer=ApiKeyWithSecretOutput,
        status=201,
        body=NoInput,
        errors=[
            ApiKeyNotFound,
            NotYourSuccessor,
            SuccessorNotFound,
            SuccessorAlreadyCollected,
            *NOT_GRANTABLE,
        ],
        example=examples.SUCCESSOR,
        request_example={},
        description=(
            "Once, after the event api_key.rotation_started: by the old key itself, whatever its "
            "scopes, or by a credential with api_keys:write."
        ),
    )
    def post(self, request: Request, key_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def collect(caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            old = _own(key_id, caller)
            successor, key = collect_successor(api_key_id=old.pk, caller=caller, now=now)
            return 201, _with_secret(successor, key, now=now)

        return idempotent_response(request, collect)


def _own(key_id: str, caller: Caller) -> ApiKey:
    keys = ApiKey.objects.with_successor()
    return find_own(keys, key_id, prefix="key", caller=caller, not_found=ApiKeyNotFound)


def _as_json(api_key: ApiKey, *, now: datetime) -> dict[str, Any]:
    return ApiKeyOutput.as_json(api_key, status=api_key.status(now=now))


def _with_secret(api_key: ApiKey, secret: str, *, now: datetime) -> dict[str, Any]:
    return ApiKeyWithSecretOutput.as_json(api_key, status=api_key.status(now=now), secret=secret)
