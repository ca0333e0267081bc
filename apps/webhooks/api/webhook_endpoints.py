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
from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import operation
from apps.core.errors import DomainError
from apps.core.pagination import page_as_json, read_page
from apps.merchants import scopes
from apps.merchants.authentication import check_scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.delegation import is_own_of
from apps.merchants.models import DelegatedObject
from apps.merchants.services.delegate_object import delegate_object
from apps.merchants.services.idempotent_response import idempotent_response
from apps.webhooks.address_guard import WebhookUrlRefused, check_url
from apps.webhooks.api import examples
from apps.webhooks.api.webhook_input import (
    ReplayUnclear,
    SecretRotationInput,
    WebhookEndpointChanges,
    WebhookEndpointInput,
    WebhookReplayInput,
    read_changes,
    read_endpoint,
    read_overlap,
    read_replay,
)
from apps.webhooks.listening import EndpointNotListening
from apps.webhooks.models import Endpoint
from apps.webhooks.representation import (
    WebhookDeliveryOutput,
    WebhookEndpointDeletedOutput,
    WebhookEndpointOutput,
    WebhookEndpointWithSecretOutput,
    WebhookReplayOutput,
)
from apps.webhooks.rules.subscriptions import UnknownEventType
from apps.webhooks.selectors.find_endpoint import EndpointNotFound, find_endpoint
from apps.webhooks.selectors.find_event import EventNotFound
from apps.webhooks.services.delete_endpoint import delete_endpoint
from apps.webhooks.services.register_endpoint import TooManyEndpoints, register_endpoint
from apps.webhooks.services.replay_events import replay_events
from apps.webhooks.services.replay_range import ReplayTooLarge, replay_range
from apps.webhooks.services.resume_endpoint import resume_endpoint
from apps.webhooks.services.rotate_secret import rotate_secret
from apps.webhooks.services.send_test_event import send_test_event
from apps.webhooks.services.update_endpoint import update_endpoint

Answer = tuple[int, Mapping[str, Any]]

# Whoever has events sent to an address reads them there.
SEND = (scopes.WEBHOOKS_WRITE, scopes.EVENTS_READ)


class EndpointNotYours(DomainError):
    code = "webhook_endpoint_not_yours"
    status = 403
    title = "An application directs the webhook endpoints that it made itself, and no other."


class WebhookEndpointList(APIView):
    scopes = {"GET": scopes.WEBHOOKS_READ, "POST": SEND}

    @operation(
        summary="Register a webhook endpoint",
        description="The answer shows the signing secret, this once.",
        body=WebhookEndpointInput,
        request_example=examples.NEW_ENDPOINT,
        answer=WebhookEndpointWithSecretOutput,
        status=201,
        errors=[WebhookUrlRefused, UnknownEventType, TooManyEndpoints],
    )
    def post(self, request: Request) -> HttpResponse:
        details = read_endpoint(request.data)
        # Resolves a name, which may take a while: not within the transaction below. What was
        # answered once is answered again, whatever became of the name.
        refusal = _url_refusal(details["url"], caller_of(request))

        def work(caller: Caller, now: datetime) -> Answer:
            if refusal is not None:
                raise refusal
            endpoint, secret = register_endpoint(
                merchant=caller.merchant,
                livemode=caller.livemode,
                **details,
                actor=caller.actor,
                now=now,
            )
            _delegate(endpoint, caller=caller, now=now)
            return 201, WebhookEndpointWithSecretOutput.as_json(endpoint, secret=secret)

        return idempotent_response(request, work)

    @operation(
        summary="List webhook endpoints",
        answer=WebhookEndpointOutput,
        is_list=True,
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        query = request.query_params
        query_parameters.refuse_unknown(query, *query_parameters.PAGE)
        own = Endpoint.objects.filter(merchant=caller.merchant, livemode=caller.livemode)
        page = read_page(own.filter(deleted_at=None), own=own, query=query, prefix="we")
        return Response(page_as_json(page, WebhookEndpointOutput.as_json))


class WebhookEndpointDetail(APIView):
    scopes = {
        "GET": scopes.WEBHOOKS_READ,
        "PATCH": scopes.WEBHOOKS_WRITE,
        "DELETE": scopes.WEBHOOKS_WRITE,
    }

    @operation(
        summary="Get a webhook endpoint",
        answer=WebhookEndpointOutput,
        errors=[EndpointNotFound],
    )
    def get(self, request: Request, endpoint_id: str) -> Response:
        return Response(
            WebhookEndpointOutput.as_json(find_endpoint(endpoint_id, caller=caller_of(request)))
        )

    @operation(
        summary="Change a webhook endpoint",
        description="What is not sent stays as it is. Takes effect within a second. Another url, "
        "other event_types and switching it on take the scope events:read too. A new url begins "
        "anew: failures of the old one do not count, and it is not paused. What waits of types "
        "that are no longer wanted is ended.",
        body=WebhookEndpointChanges,
        request_example={"event_types": ["payment.succeeded"], "is_enabled": True},
        answer=WebhookEndpointOutput,
        example=WebhookEndpointOutput.example(event_types=["payment.succeeded"]),
        errors=[EndpointNotFound, EndpointNotYours, WebhookUrlRefused, UnknownEventType],
    )
    def patch(self, request: Request, endpoint_id: str) -> Response:
        caller = caller_of(request)
        changes = read_changes(request.data)
        endpoint = find_endpoint(endpoint_id, caller=caller)
        if _redirects(changes, endpoint):
            check_scopes(caller, scopes.EVENTS_READ)
            _check_own(endpoint, caller=caller)
        if "url" in changes:
            _check_url(changes["url"], caller)
        endpoint = update_endpoint(
            endpoint_id=endpoint.pk, changes=changes, actor=caller.actor, now=timezone.now()
        )
        return Response(WebhookEndpointOutput.as_json(endpoint))

    @operation(
        summary="Delete a webhook endpoint",
        description="It is sent nothing more; what still waits for it is given up.",
        answer=WebhookEndpointDeletedOutput,
        errors=[EndpointNotFound],
    )
    def delete(self, request: Request, endpoint_id: str) -> Response:
        caller = caller_of(request)
        endpoint = find_endpoint(endpoint_id, caller=caller)
        delete_endpoint(endpoint_id=endpoint.pk, actor=caller.actor, now=timezone.now())
        return Response(WebhookEndpointDeletedOutput.as_json(endpoint, is_deleted=True))


class WebhookSecretRotation(APIView):
    scopes = {"POST": scopes.WEBHOOKS_WRITE}

    @operation(
        summary="Rotate the signing secret",
        description="The answer shows the new secret, this once. Until the overlap is over, every "
        "webhook carries a signature by each of the two. overlap_hours 0: the secret before ends "
        "at once. Rotated again, only the latest two sign.",
        body=SecretRotationInput,
        request_example={"overlap_hours": 24},
        answer=WebhookEndpointWithSecretOutput,
        example=WebhookEndpointWithSecretOutput.example(
            previous_secret_until="2026-11-23T08:00:00.000Z"  # noqa: S106 (an instant)
        ),
        errors=[EndpointNotFound, EndpointNotYours],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        overlap = read_overlap(request.data)

        def work(caller: Caller, now: datetime) -> Answer:
            endpoint = find_endpoint(endpoint_id, caller=caller)
            # A secret known to an application would outlive its consent.
            _check_own(endpoint, caller=caller)
            endpoint, secret = rotate_secret(
                endpoint_id=endpoint.pk, overlap=overlap, actor=caller.actor, now=now
            )
            return 200, WebhookEndpointWithSecretOutput.as_json(endpoint, secret=secret)

        return idempotent_response(request, work)


class WebhookEndpointTest(APIView):
    scopes = {"POST": SEND}

    @operation(
        summary="Send a test event",
        description="webhook_endpoint.test, to this endpoint alone, whatever it subscribes to. The "
        "answer is its delivery: get it to see what came of it.",
        body=NoInput,
        request_example={},
        answer=WebhookDeliveryOutput,
        status=202,
        example={**examples.WAITING, "type": "webhook_endpoint.test"},
        errors=[EndpointNotFound, EndpointNotListening],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> Answer:
            endpoint = find_endpoint(endpoint_id, caller=caller)
            delivery = send_test_event(endpoint=endpoint, actor=caller.actor, now=now)
            return 202, WebhookDeliveryOutput.as_json(delivery)

        return idempotent_response(request, work)


class WebhookEndpointResume(APIView):
    scopes = {"POST": SEND}

    @operation(
        summary="Resume a paused webhook endpoint",
        description="What waited for it is sent now.",
        body=NoInput,
        request_example={},
        answer=WebhookEndpointOutput,
        errors=[EndpointNotFound, EndpointNotYours],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> Answer:
            endpoint = find_endpoint(endpoint_id, caller=caller)
            _check_own(endpoint, caller=caller)
            _delegate(endpoint, caller=caller, now=now)
            resume_endpoint(endpoint_id=endpoint.pk, actor=caller.actor, now=now)
            return 200, WebhookEndpointOutput.as_json(find_endpoint(endpoint_id, caller=caller))

        return idempotent_response(request, work)


class WebhookEndpointReplay(APIView):
    scopes = {"POST": SEND}

    @operation(
        summary="Replay events to a webhook endpoint",
        description="Either event_ids, sent whatever the endpoint subscribes to, or a range that "
        "begins with after_event or created_after, of at most 100,000 events. Each comes again "
        "under the same webhook-id with the same body.",
        body=WebhookReplayInput,
        request_example={"created_after": "2026-11-21T00:00:00Z", "types": ["payment.*"]},
        answer=WebhookReplayOutput,
        status=202,
        errors=[
            EndpointNotFound,
            EndpointNotListening,
            EventNotFound,
            ReplayTooLarge,
            ReplayUnclear,
            UnknownEventType,
        ],
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        wanted = read_replay(request.data)

        def work(caller: Caller, now: datetime) -> Answer:
            endpoint = find_endpoint(endpoint_id, caller=caller)
            if "event_ids" in wanted:
                count = replay_events(
                    endpoint=endpoint,
                    event_ids=wanted["event_ids"],
                    actor=caller.actor,
                    now=now,
                )
            else:
                count = replay_range(
                    endpoint=endpoint,
                    types=wanted.get("types", []),
                    after=wanted.get("after_event"),
                    created_after=wanted.get("created_after"),
                    created_before=wanted.get("created_before"),
                    actor=caller.actor,
                    now=now,
                )
            return 202, WebhookReplayOutput.as_json(livemode=caller.livemode, count=count)

        return idempotent_response(request, work)


def _check_url(url: str, caller: Caller) -> None:
    check_url(url, livemode=caller.livemode, asked_by=str(caller.merchant.pk))


def _redirects(changes: Mapping[str, Any], endpoint: Endpoint) -> bool:
    """Whether more could be read than before, or elsewhere."""
    if changes.get("is_enabled") and not endpoint.is_enabled:
        return True
    return any(
        name in changes and changes[name] != getattr(endpoint, name)
        for name in ("url", "event_types")
    )


def _check_own(endpoint: Endpoint, *, caller: Caller) -> None:
    if not is_own_of(caller, endpoint.pk):
        raise EndpointNotYours("Register one of your own; it ends with the merchant's consent.")


def _delegate(endpoint: Endpoint, *, caller: Caller, now: datetime) -> None:
    delegate_object(
        caller=caller,
        kind=DelegatedObject.Kind.WEBHOOK_ENDPOINT,
        object_id=endpoint.pk,
        scopes=SEND,
        now=now,
    )


def _url_refusal(url: str, caller: Caller) -> DomainError | None:
    try:
        _check_url(url, caller)
    except DomainError as refusal:
        return refusal
    return None
