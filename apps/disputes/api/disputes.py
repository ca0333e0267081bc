from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import (
    CREATED_AFTER,
    CREATED_BEFORE,
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.json_format import FilesJsonParser
from apps.core.pagination import page_as_json
from apps.disputes.api import examples
from apps.disputes.api.dispute_input import (
    DisputeInput,
    EvidenceInput,
    read_dispute_order,
    read_evidence,
)
from apps.disputes.api.evidence_output import (
    DisputeWithEvidenceOutput,
    dispute_with_evidence_as_json,
)
from apps.disputes.models import DisputeStatus, OpenedBy
from apps.disputes.rules.file_type import EvidenceFileNotTaken, EvidenceFileTooLarge
from apps.disputes.rules.refusals import DisputeClosed, EvidenceSubmitted, EvidenceTooLate
from apps.disputes.rules.representation import DisputeOutput
from apps.disputes.selectors.find_dispute import DisputeNotFound, find_dispute
from apps.disputes.selectors.list_disputes import list_disputes
from apps.disputes.services.add_evidence import TooManyEvidenceFiles, add_evidence
from apps.disputes.services.decide_dispute import decide_dispute
from apps.disputes.services.open_dispute import DisputeExists, open_dispute
from apps.disputes.services.submit_evidence import EvidenceMissing, submit_evidence
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.orchestration.models import StatusChange
from apps.payments.selectors.find_payment import PaymentNotFound, find_payment
from apps.payments.services.reserve_dispute import DisputeExceedsPayment, PaymentNotDisputable

STATUS = words_parameter("status", "", DisputeStatus.values)
ANSWERING_ERRORS = (DisputeNotFound, DisputeClosed, EvidenceSubmitted, EvidenceTooLate)


class DisputeList(APIView):
    scopes = {"GET": scopes.DISPUTES_READ, "POST": scopes.DISPUTES_WRITE}

    @operation(
        summary="Open a dispute",
        description="Take a complaint of your customer's about a payment that succeeded. The amount"
        " is held in your balance until it is decided; what is disputed cannot be refunded.",
        answer=DisputeOutput,
        status=201,
        body=DisputeInput,
        errors=(PaymentNotFound, PaymentNotDisputable, DisputeExists, DisputeExceedsPayment),
        example=examples.NEW_DISPUTE,
        request_example=examples.DISPUTE_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        payment_id, order = read_dispute_order(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            dispute = open_dispute(
                payment_id=find_payment(payment_id, caller=caller).pk,
                order=order,
                opened_by=OpenedBy.MERCHANT,
                now=now,
            )
            return 201, DisputeOutput.as_json(dispute)

        return idempotent_response(request, work, is_shared=True)

    @operation(
        summary="List disputes",
        answer=DisputeOutput,
        is_list=True,
        query=[
            text_parameter(
                "payment",
                "The disputes of one payment.",
                example=DisputeOutput.example()["payment"],
            ),
            STATUS,
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(
            query,
            *query_parameters.PAGE,
            *("payment", "status", "created_after", "created_before"),
        )
        return _page(request, payment_id=query_parameters.object_id(query, "payment", prefix="pay"))


class DisputeDetail(APIView):
    scopes = {"GET": scopes.DISPUTES_READ}

    @operation(
        summary="Get a dispute",
        description="With what was said, and the evidence so far.",
        answer=DisputeWithEvidenceOutput,
        errors=[DisputeNotFound],
    )
    def get(self, request: Request, dispute_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        dispute = find_dispute(dispute_id, caller=caller_of(request))
        return Response(dispute_with_evidence_as_json(dispute))


class DisputeEvidence(APIView):
    scopes = {"POST": scopes.DISPUTES_WRITE}
    parser_classes = [FilesJsonParser]

    @operation(
        summary="Add evidence to a dispute",
        description="A text takes the place of the one sent before; files are added. Nothing is"
        " decided on it until you submit it.",
        answer=DisputeWithEvidenceOutput,
        body=EvidenceInput,
        errors=(
            *ANSWERING_ERRORS,
            EvidenceFileTooLarge,
            EvidenceFileNotTaken,
            TooManyEvidenceFiles,
        ),
        example=examples.WITH_EVIDENCE,
        request_example=examples.EVIDENCE_REQUEST,
    )
    def post(self, request: Request, dispute_id: str) -> HttpResponse:
        texts, files = read_evidence(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            found = find_dispute(dispute_id, caller=caller)
            dispute = add_evidence(dispute_id=found.pk, texts=texts, files=files, now=now)
            return 200, dispute_with_evidence_as_json(dispute)

        return idempotent_response(request, work, is_shared=True)


class DisputeSubmit(APIView):
    scopes = {"POST": scopes.DISPUTES_WRITE}

    @operation(
        summary="Submit the evidence of a dispute",
        description="It goes under review, and nothing can be added any more.",
        answer=DisputeOutput,
        body=NoInput,
        errors=(*ANSWERING_ERRORS, EvidenceMissing),
        example=examples.SUBMITTED,
        request_example={},
    )
    def post(self, request: Request, dispute_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            found = find_dispute(dispute_id, caller=caller)
            dispute = submit_evidence(dispute_id=found.pk, source=StatusChange.Source.API, now=now)
            return 200, DisputeOutput.as_json(dispute)

        return idempotent_response(request, work, is_shared=True)


class DisputeAccept(APIView):
    scopes = {"POST": scopes.DISPUTES_WRITE}

    @operation(
        summary="Accept a dispute",
        description="You give in: it is lost, and what was held of your balance is gone. This"
        " cannot be taken back.",
        answer=DisputeOutput,
        body=NoInput,
        errors=(DisputeNotFound, DisputeClosed),
        example=examples.ACCEPTED,
        request_example={},
    )
    def post(self, request: Request, dispute_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            found = find_dispute(dispute_id, caller=caller)
            dispute = decide_dispute(
                dispute_id=found.pk, amount_lost=None, source=StatusChange.Source.API, now=now
            )
            return 200, DisputeOutput.as_json(dispute)

        return idempotent_response(request, work, is_shared=True)


class PaymentDisputes(APIView):
    scopes = {"GET": scopes.DISPUTES_READ}

    @operation(
        summary="List the disputes of a payment",
        answer=DisputeOutput,
        is_list=True,
        query=[STATUS, CREATED_AFTER, CREATED_BEFORE],
        errors=[PaymentNotFound],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        query_parameters.refuse_unknown(
            request.query_params,
            *query_parameters.PAGE,
            *("status", "created_after", "created_before"),
        )
        payment = find_payment(payment_id, caller=caller_of(request))
        return _page(request, payment_id=payment.pk)


def _page(request: Request, *, payment_id: UUID | None) -> Response:
    query = request.query_params
    page = list_disputes(
        caller=caller_of(request),
        query=query,
        payment_id=payment_id,
        statuses=query_parameters.words(query, "status", DisputeStatus.values),
        created_after=query_parameters.instant(query, "created_after"),
        created_before=query_parameters.instant(query, "created_before"),
    )
    return Response(page_as_json(page, DisputeOutput.as_json))
