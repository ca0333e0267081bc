from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.idempotency import digest_of, read_key
from apps.core.pagination import page_as_json, read_page
from apps.merchants import scopes
from apps.merchants.caller import caller_of
from apps.payments.api.payment_input import read_payment_request
from apps.payments.models import Payment
from apps.payments.representation import payment_as_json
from apps.payments.selectors.find_payment import find_payment
from apps.payments.selectors.timeline import read_timeline
from apps.payments.services.create_payment import create_payment


class PaymentList(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ, "POST": scopes.PAYMENTS_WRITE}

    def post(self, request: Request) -> HttpResponse:
        caller = caller_of(request)
        key = read_key(request.headers.get("Idempotency-Key"))
        payment_request = read_payment_request(request.data)
        answer = create_payment(
            merchant=caller.merchant,
            livemode=caller.livemode,
            request=payment_request,
            idempotency_key=key,
            digest=digest_of(dict(request.data)),
            now=timezone.now(),
        )
        response = HttpResponse(
            answer.body, status=answer.status_code, content_type="application/json"
        )
        if answer.replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        own = Payment.objects.for_merchant(caller.merchant, livemode=caller.livemode)
        page = read_page(own, query=request.query_params, prefix="pay")
        return Response(page_as_json(page, payment_as_json))


class PaymentDetail(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}

    def get(self, request: Request, payment_id: str) -> Response:
        payment = _own_payment(request, payment_id)
        return Response(payment_as_json(payment))


class PaymentTimeline(APIView):
    scopes = {"GET": scopes.PAYMENTS_READ}

    def get(self, request: Request, payment_id: str) -> Response:
        payment = _own_payment(request, payment_id)
        return Response(
            {
                "object": "list",
                "data": [
                    {
                        "at": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                        "kind": entry.kind,
                        "title": entry.title,
                        "detail": entry.detail,
                        "data": entry.data,
                    }
                    for entry in read_timeline(payment)
                ],
                "has_more": False,
            }
        )


def _own_payment(request: Request, payment_id: str) -> Payment:
    return find_payment(payment_id, caller=caller_of(request))
