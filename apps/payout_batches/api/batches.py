from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import database_clock
from apps.core.api import query_parameters
from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.file_form import FileFormParser
from apps.core.api.openapi import (
    CREATED_AFTER,
    CREATED_BEFORE,
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.json_format import FilesJsonParser
from apps.core.pagination import page_as_json, read_window
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.selectors.maker_of import maker_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.orchestration.models import StatusChange
from apps.payout_batches.api import examples
from apps.payout_batches.api.batch_input import (
    LineInput,
    PayoutBatchFormInput,
    PayoutBatchInput,
    read_batch,
    read_correction,
)
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatchLine
from apps.payout_batches.rules.line_representation import (
    BatchReportOutput,
    PayoutBatchLineOutput,
)
from apps.payout_batches.rules.representation import PayoutBatchOutput
from apps.payout_batches.rules.sentences import sentences
from apps.payout_batches.selectors.check_floats import check_floats
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.find_batch import BatchNotFound, find_batch
from apps.payout_batches.selectors.find_line import LINE_PREFIX, LineNotFound, find_number
from apps.payout_batches.selectors.list_batches import list_batches
from apps.payout_batches.selectors.list_lines import list_lines
from apps.payout_batches.selectors.lock_draft import BatchNotDraft
from apps.payout_batches.selectors.sum_names import sum_names
from apps.payout_batches.selectors.sum_rails import sum_rails
from apps.payout_batches.services.correct_line import LineDropped, correct_line
from apps.payout_batches.services.discard_batch import discard_batch
from apps.payout_batches.services.drop_line import drop_line
from apps.payout_batches.services.receive_batch import (
    BatchFileEmpty,
    BatchFileTooLarge,
    BatchOrder,
    receive_batch,
)

LINE_ERRORS = (BatchNotFound, LineNotFound, BatchNotDraft)
NUMBER_DIGITS_MAX = 9


class PayoutBatchList(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ, "POST": scopes.PAYOUTS_WRITE}
    parser_classes = [FilesJsonParser, FileFormParser]

    @operation(
        summary="Create a batch of payouts",
        description="Send a list of payees, as lines or as a file. It is read and checked"
        " afterwards: payout_batch.draft tells when, and lines says which can be paid. Nothing is"
        " held or paid before the batch is submitted and approved.",
        answer=PayoutBatchOutput,
        status=201,
        body=PayoutBatchInput,
        form=PayoutBatchFormInput,
        errors=(BatchFileTooLarge, BatchFileEmpty),
        example=examples.NEW_BATCH,
        request_example=examples.BATCH_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        is_form = (request.content_type or "").lower().startswith(FileFormParser.media_type)
        sent = read_batch(request.data, is_form=is_form)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            batch = receive_batch(
                merchant=caller.merchant,
                livemode=caller.livemode,
                order=BatchOrder(
                    currency=sent.currency or caller.merchant.currency,
                    source=sent.source,
                    created_by=maker_of(caller),
                    merchant_reference=sent.reference,
                    description=sent.description,
                    file_name=sent.file_name,
                ),
                content=sent.content,
                now=now,
            )
            return 201, PayoutBatchOutput.as_json(batch)

        return idempotent_response(request, work, is_shared=True, sent=sent.asked)

    @operation(
        summary="List batches of payouts",
        answer=PayoutBatchOutput,
        is_list=True,
        query=[
            words_parameter("status", "", BatchStatus.values),
            CREATED_AFTER,
            CREATED_BEFORE,
            text_parameter("reference", "Your own reference, exactly.", example="wages-2026-11"),
        ],
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(
            query,
            *query_parameters.PAGE,
            *("status", "reference", "created_after", "created_before"),
        )
        page = list_batches(
            caller=caller_of(request),
            query=query,
            statuses=query_parameters.words(query, "status", BatchStatus.values),
            reference=query_parameters.text(query, "reference"),
            created_after=query_parameters.instant(query, "created_after"),
            created_before=query_parameters.instant(query, "created_before"),
            now=database_clock.now(),
        )
        return Response(page_as_json(page, PayoutBatchOutput.as_json))


class PayoutBatchDetail(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ}

    @operation(summary="Get a batch of payouts", answer=PayoutBatchOutput, errors=[BatchNotFound])
    def get(self, request: Request, batch_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        batch = find_batch(batch_id, caller=caller_of(request))
        return Response(PayoutBatchOutput.as_json(describe_batch(batch, now=database_clock.now())))


class PayoutBatchReport(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ}

    @operation(
        summary="Get the report of a batch",
        description="Why a file could not be read, what is odd about the whole list, what is to"
        " be sent to each operator, whether its provider holds as much, and whether the rails know"
        " the payees by their names.",
        answer=BatchReportOutput,
        errors=[BatchNotFound],
    )
    def get(self, request: Request, batch_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        batch = find_batch(batch_id, caller=caller_of(request))
        failure = None
        if batch.failure_code:
            failure = {
                "code": batch.failure_code,
                "values": batch.failure_values,
                "message": sentences(batch.failure_code, batch.failure_values),
            }
        return Response(
            BatchReportOutput.as_json(
                batch,
                failure=failure,
                rails=check_floats(batch, sum_rails(batch.pk), now=database_clock.now()),
                names=sum_names(batch.pk),
            )
        )


class PayoutBatchDiscard(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Discard a draft",
        description="End a batch that was not submitted: none of its lines will be paid.",
        answer=PayoutBatchOutput,
        body=NoInput,
        errors=(BatchNotFound, BatchNotDraft),
        example=examples.DISCARDED,
        request_example={},
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            batch = discard_batch(
                batch_id=find_batch(batch_id, caller=caller).pk,
                actor=caller.actor,
                source=StatusChange.Source.API,
                now=now,
            )
            return 200, PayoutBatchOutput.as_json(batch)

        return idempotent_response(request, work, is_shared=True)


class PayoutBatchLines(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ}

    @operation(
        summary="List the lines of a batch",
        description="In the order of the list.",
        answer=PayoutBatchLineOutput,
        is_list=True,
        query=[words_parameter("status", "", LineStatus.values)],
        errors=[BatchNotFound],
    )
    def get(self, request: Request, batch_id: str) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(query, *query_parameters.PAGE, "status")
        batch = find_batch(batch_id, caller=caller_of(request))
        limit, last_id = read_window(query, prefix=LINE_PREFIX, own=None)
        page = list_lines(
            batch.pk,
            statuses=query_parameters.words(query, "status", LineStatus.values),
            after=find_number(batch.pk, last_id) if last_id else 0,
            limit=limit,
        )
        return Response(page_as_json(page, PayoutBatchLineOutput.as_json))


class PayoutBatchLineDetail(APIView):
    scopes = {"PATCH": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Correct a line",
        description="Put other values in place of what a line has. It is checked anew, and may be"
        " payable then. What you leave out stays as it is.",
        answer=PayoutBatchLineOutput,
        body=LineInput,
        errors=(*LINE_ERRORS, LineDropped),
        example=examples.CORRECTED,
        request_example=examples.CORRECTION,
    )
    def patch(self, request: Request, batch_id: str, line_number: str) -> Response:
        cells = read_correction(request.data)
        caller = caller_of(request)
        line = correct_line(
            batch_id=find_batch(batch_id, caller=caller).pk,
            number=read_line_number(line_number),
            cells=cells,
            actor=caller.actor,
            corrected_by=maker_of(caller),
            now=database_clock.now(),
        )
        return Response(PayoutBatchLineOutput.as_json(line))


class PayoutBatchLineDrop(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Drop a line",
        description="Leave it out of the batch. It stays in the list, and can be restored.",
        answer=PayoutBatchLineOutput,
        body=NoInput,
        errors=LINE_ERRORS,
        example=examples.DROPPED,
        request_example={},
    )
    def post(self, request: Request, batch_id: str, line_number: str) -> HttpResponse:
        return _dropped(request, batch_id, line_number, is_dropped=True)


class PayoutBatchLineRestore(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Restore a line",
        description="Take a dropped line back, as it was.",
        answer=PayoutBatchLineOutput,
        body=NoInput,
        errors=LINE_ERRORS,
        example=examples.RESTORED,
        request_example={},
    )
    def post(self, request: Request, batch_id: str, line_number: str) -> HttpResponse:
        return _dropped(request, batch_id, line_number, is_dropped=False)


def _dropped(
    request: Request, batch_id: str, line_number: str, *, is_dropped: bool
) -> HttpResponse:
    refuse_any_field(request.data)

    def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
        line: PayoutBatchLine = drop_line(
            batch_id=find_batch(batch_id, caller=caller).pk,
            number=read_line_number(line_number),
            actor=caller.actor,
            now=now,
            is_dropped=is_dropped,
        )
        return 200, PayoutBatchLineOutput.as_json(line)

    return idempotent_response(request, work, is_shared=True)


def read_line_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= NUMBER_DIGITS_MAX):
        raise LineNotFound("Lines have numbers.", field="number")
    return int(text)
