"""A file that comes piece by piece, over a network that breaks."""

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
from apps.core.api.openapi import operation
from apps.core.json_format import FilesJsonParser
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.selectors.maker_of import maker_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.payout_batches.api import examples
from apps.payout_batches.api.upload_input import (
    PayoutBatchUploadInput,
    UploadPieceFormInput,
    UploadPieceInput,
    read_piece,
    read_upload_order,
)
from apps.payout_batches.rules.representation import PayoutBatchOutput
from apps.payout_batches.rules.upload_representation import PayoutBatchUploadOutput
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.find_upload import UploadNotFound, find_upload
from apps.payout_batches.selectors.lock_upload import UploadNotOpen
from apps.payout_batches.services.begin_upload import TooManyUploads, UploadOrder, begin_upload
from apps.payout_batches.services.discard_upload import discard_upload
from apps.payout_batches.services.finish_upload import (
    UploadDigestDiffers,
    UploadIncomplete,
    finish_upload,
)
from apps.payout_batches.services.receive_batch import BatchFileTooLarge
from apps.payout_batches.services.receive_piece import (
    UploadOutOfOrder,
    UploadPieceDiffers,
    UploadPieceSize,
    receive_piece,
)


class PayoutBatchUploadList(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Begin an upload",
        description="For a long list and a network that breaks: announce a file, send its pieces"
        " in their order, and finish. Whatever came stays for three days, so that you go on where"
        " you were.",
        answer=PayoutBatchUploadOutput,
        status=201,
        body=PayoutBatchUploadInput,
        errors=(BatchFileTooLarge, TooManyUploads),
        request_example=examples.UPLOAD_REQUEST,
    )
    def post(self, request: Request) -> HttpResponse:
        sent = read_upload_order(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            upload = begin_upload(
                merchant=caller.merchant,
                livemode=caller.livemode,
                order=UploadOrder(
                    file_name=sent["file_name"],
                    size=sent["size"],
                    sha256=sent["sha256"],
                    currency=sent.get("currency") or caller.merchant.currency,
                    merchant_reference=sent.get("reference", ""),
                    description=sent.get("description", ""),
                ),
                created_by=maker_of(caller),
                now=now,
            )
            return 201, PayoutBatchUploadOutput.as_json(upload)

        return idempotent_response(request, work, is_shared=True)


class PayoutBatchUploadDetail(APIView):
    scopes = {"GET": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Get an upload",
        description="received says where to go on.",
        answer=PayoutBatchUploadOutput,
        errors=[UploadNotFound],
    )
    def get(self, request: Request, upload_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        upload = find_upload(upload_id, caller=caller_of(request), now=database_clock.now())
        return Response(PayoutBatchUploadOutput.as_json(upload))


class PayoutBatchUploadPieces(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}
    parser_classes = [FilesJsonParser, FileFormParser]

    @operation(
        summary="Send a piece",
        description="What follows in the file. A piece that came already may come again, and"
        " changes nothing; one that begins later than received is refused.",
        answer=PayoutBatchUploadOutput,
        body=UploadPieceInput,
        form=UploadPieceFormInput,
        errors=(
            UploadNotFound,
            UploadNotOpen,
            UploadPieceSize,
            UploadOutOfOrder,
            UploadPieceDiffers,
        ),
        request_example=examples.PIECE,
    )
    def post(self, request: Request, upload_id: str) -> HttpResponse:
        is_form = (request.content_type or "").lower().startswith(FileFormParser.media_type)
        sent = read_piece(request.data, is_form=is_form)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            upload = receive_piece(
                upload_id=find_upload(upload_id, caller=caller, now=now).pk,
                offset=sent.offset,
                content=sent.content,
                now=now,
            )
            return 200, PayoutBatchUploadOutput.as_json(upload)

        return idempotent_response(request, work, is_shared=True, sent=sent.asked)


class PayoutBatchUploadFinish(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Finish an upload",
        description="Once all of it is here it is a batch, as if the file had come at once. Done"
        " again, the answer is the same batch.",
        answer=PayoutBatchOutput,
        status=201,
        body=NoInput,
        errors=(UploadNotFound, UploadNotOpen, UploadIncomplete, UploadDigestDiffers),
        example=examples.NEW_BATCH,
        request_example={},
    )
    def post(self, request: Request, upload_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            upload = find_upload(upload_id, caller=caller, now=now)
            batch = describe_batch(finish_upload(upload_id=upload.pk, now=now), now=now)
            return 201, PayoutBatchOutput.as_json(batch)

        return idempotent_response(request, work, is_shared=True)


class PayoutBatchUploadDiscard(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Discard an upload",
        description="Nothing of it is kept, and no batch is made of it.",
        answer=PayoutBatchUploadOutput,
        body=NoInput,
        errors=(UploadNotFound, UploadNotOpen),
        example=PayoutBatchUploadOutput.example(status="discarded"),
        request_example={},
    )
    def post(self, request: Request, upload_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def work(caller: Caller, now: datetime) -> tuple[int, dict[str, Any]]:
            upload = find_upload(upload_id, caller=caller, now=now)
            upload = discard_upload(upload_id=upload.pk, now=now)
            return 200, PayoutBatchUploadOutput.as_json(upload)

        return idempotent_response(request, work, is_shared=True)
