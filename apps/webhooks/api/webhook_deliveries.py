from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import CREATED_AFTER, CREATED_BEFORE, operation, words_parameter
from apps.core.pagination import page_as_json
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.webhooks.api import examples
from apps.webhooks.api.events import read_types
from apps.webhooks.api.webhook_endpoints import SEND
from apps.webhooks.api.webhook_input import KNOWN_OR_KIND
from apps.webhooks.listening import EndpointNotListening
from apps.webhooks.models import Delivery
from apps.webhooks.representation import WebhookDeliveryOutput
from apps.webhooks.rules.subscriptions import UnknownEventType
from apps.webhooks.selectors.find_delivery import DeliveryNotFound, find_delivery
from apps.webhooks.selectors.find_endpoint import EndpointNotFound, find_endpoint
from apps.webhooks.selectors.list_deliveries import list_deliveries
from apps.webhooks.services.resend_delivery import resend_delivery


class WebhookDeliveryList(APIView):
    scopes = {"GET": scopes.WEBHOOKS_READ}

    @operation(
        summary="List deliveries to a webhook endpoint",
        answer=WebhookDeliveryOutput,
        is_list=True,
        query=[
            words_parameter("status", "What became of them.", Delivery.Status.values),
            words_parameter("type", "The events' types.", KNOWN_OR_KIND),
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
        errors=[EndpointNotFound, UnknownEventType],
    )
    def get(self, request: Request, endpoint_id: str) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(
            query, *query_parameters.PAGE, "status", "type", "created_after", "created_before"
        )
        page = list_deliveries(
            endpoint=find_endpoint(endpoint_id, caller=caller_of(request)),
            statuses=query_parameters.words(query, "status", Delivery.Status.values),
            types=read_types(query),
            created_after=query_parameters.instant(query, "created_after"),
            created_before=query_parameters.instant(query, "created_before"),
            query=query,
        )
        return Response(page_as_json(page, WebhookDeliveryOutput.as_json))


class WebhookDeliveryDetail(APIView):
    scopes = {"GET": scopes.WEBHOOKS_READ}

    @operation(
        summary="Get a delivery",
        answer=WebhookDeliveryOutput,
        errors=[EndpointNotFound, DeliveryNotFound],
    )
    def get(self, request: Request, endpoint_id: str, delivery_id: str) -> Response:
        endpoint = find_endpoint(endpoint_id, caller=caller_of(request))
        return Response(
            WebhookDeliveryOutput.as_json(find_delivery(delivery_id, endpoint=endpoint))
        )


class WebhookDeliveryResend(APIView):
    scopes = {"POST": SEND}

    @operation(
        summary="Send a delivery again",
        description="Whatever came of it before, from the first try, under the same webhook-id.",
        body=NoInput,
        request_example={},
        answer=WebhookDeliveryOutput,
        status=202,
        example=examples.WAITING,
        errors=[EndpointNotFound, DeliveryNotFound, EndpointNotListening],
    )
    def post(self, request: Request, endpoint_id: str, delivery_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, Mapping[str, Any]]:
            endpoint = find_endpoint(endpoint_id, caller=caller)
            delivery = find_delivery(delivery_id, endpoint=endpoint)
            resent = resend_delivery(delivery_id=delivery.pk, actor=caller.actor, now=now)
            return 202, WebhookDeliveryOutput.as_json(resent)

        return idempotent_response(request, work)
