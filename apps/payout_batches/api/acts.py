"""What is done with a batch once its lines are checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import database_clock
from apps.core.api import query_parameters
from apps.core.api.fields import NoInput, refuse_any_field
from apps.core.api.openapi import Parameter, operation
from apps.ledger.services.hold import BalanceTooLow
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.selectors.maker_of import maker_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.orchestration.models import StatusChange
from apps.payout_batches.api import act_examples as examples
from apps.payout_batches.api.act_input import (
    ApprovalInput,
    RejectionInput,
    SubmissionInput,
    read_digest,
    read_reason,
    read_scheduled_at,
)
from apps.payout_batches.api.results_output import PayoutBatchResultsOutput
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.rules.refusals import (
    NothingToRetry,
    PayoutBatchAlreadySent,
    PayoutBatchApprovalByMaker,
    PayoutBatchChanged,
    PayoutBatchEmpty,
    PayoutBatchNeedsStaff,
    PayoutBatchNotApproved,
    PayoutBatchNotEnded,
    PayoutBatchNotPaused,
    PayoutBatchNotRunning,
    PayoutBatchNotWaiting,
    PayoutBatchRetried,
    ScheduledAtPast,
    ScheduledAtTooFar,
)
from apps.payout_batches.rules.representation import PayoutBatchOutput
from apps.payout_batches.selectors.find_batch import BatchNotFound, find_batch
from apps.payout_batches.selectors.lock_draft import BatchNotDraft
from apps.payout_batches.services.approve_for_merchant import approve_for_merchant
from apps.payout_batches.services.build_results import KINDS, ResultsTooLong, build_results
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payout_batches.services.resume_batch import resume_batch
from apps.payout_batches.services.retry_failed import retry_failed
from apps.payout_batches.services.start_batch import start_batch
from apps.payout_batches.services.submit_batch import submit_batch

API = StatusChange.Source.API
FORMAT = Parameter(
    "format", "csv if you do not say.", {"type": "string", "enum": list(KINDS)}, "csv"
)


class PayoutBatchSubmit(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Submit a payout batch",
        description="Its total is held, nothing of it changes any more, and another key or person"
        " has 24 hours to approve it. Lines that are invalid stay unpaid: lines.invalid says how"
        " many.",
        answer=PayoutBatchOutput,
        body=SubmissionInput,
        errors=(
            BatchNotFound,
            BatchNotDraft,
            PayoutBatchEmpty,
            ScheduledAtPast,
            ScheduledAtTooFar,
            BalanceTooLow,
        ),
        example=examples.SUBMITTED,
        request_example=examples.SUBMISSION_REQUEST,
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        scheduled_at = read_scheduled_at(request.data)

        def act(caller: Caller, batch: PayoutBatch, now: datetime) -> PayoutBatch:
            return submit_batch(
                batch_id=batch.pk,
                submitted_by=maker_of(caller),
                scheduled_at=scheduled_at,
                source=API,
                now=now,
            )

        return _answer(request, batch_id, act)


class PayoutBatchApprove(APIView):
    scopes = {"POST": scopes.PAYOUTS_APPROVE}

    @operation(
        summary="Approve a payout batch",
        description="It is sent, now or when it is scheduled. The key that made or submitted it"
        " cannot approve it, nor one that replaced that key.",
        answer=PayoutBatchOutput,
        body=ApprovalInput,
        errors=(
            BatchNotFound,
            PayoutBatchNotWaiting,
            PayoutBatchApprovalByMaker,
            PayoutBatchNeedsStaff,
            PayoutBatchChanged,
        ),
        example=examples.APPROVED,
        request_example=examples.APPROVAL_REQUEST,
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        shown_digest = read_digest(request.data)

        def act(caller: Caller, batch: PayoutBatch, now: datetime) -> PayoutBatch:
            return approve_for_merchant(
                batch_id=batch.pk, shown_digest=shown_digest, caller=caller, now=now
            )

        return _answer(request, batch_id, act)


class PayoutBatchReject(APIView):
    scopes = {"POST": scopes.PAYOUTS_APPROVE}

    @operation(
        summary="Reject a payout batch",
        description="It is a draft again, and its total is in your balance.",
        answer=PayoutBatchOutput,
        body=RejectionInput,
        errors=(BatchNotFound, PayoutBatchNotWaiting),
        example=examples.REJECTED,
        request_example=examples.REJECTION_REQUEST,
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        reason = read_reason(request.data)

        def act(caller: Caller, batch: PayoutBatch, now: datetime) -> PayoutBatch:
            return reject_batch(
                batch_id=batch.pk, rejected_by=maker_of(caller), reason=reason, source=API, now=now
            )

        return _answer(request, batch_id, act)


class PayoutBatchStart(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Start a scheduled payout batch",
        description="An approved batch is sent now, whatever its scheduled_at.",
        answer=PayoutBatchOutput,
        body=NoInput,
        errors=(BatchNotFound, PayoutBatchNotApproved, PayoutBatchNotRunning),
        example=examples.APPROVED,
        request_example={},
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        return _answer_plain(request, batch_id, start_batch)


class PayoutBatchPause(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Pause a payout batch",
        description="Nothing more of it is sent until it is resumed; what was sent goes on.",
        answer=PayoutBatchOutput,
        body=NoInput,
        errors=(BatchNotFound, PayoutBatchNotRunning),
        example=examples.PAUSED,
        request_example={},
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        return _answer_plain(request, batch_id, pause_batch)


class PayoutBatchResume(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Resume a payout batch",
        answer=PayoutBatchOutput,
        body=NoInput,
        errors=(BatchNotFound, PayoutBatchNotPaused),
        example=examples.RESUMED,
        request_example={},
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        return _answer_plain(request, batch_id, resume_batch)


class PayoutBatchCancel(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Cancel a payout batch",
        description="What was not sent never is, and its amount is in your balance again. Payouts"
        " under way go on: until they have ended the batch is canceling.",
        answer=PayoutBatchOutput,
        body=NoInput,
        errors=(BatchNotFound, BatchNotDraft, PayoutBatchAlreadySent),
        example=examples.CANCELED,
        request_example={},
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        return _answer_plain(request, batch_id, cancel_batch)


class PayoutBatchRetry(APIView):
    scopes = {"POST": scopes.PAYOUTS_WRITE}

    @operation(
        summary="Send again what failed of a payout batch",
        description="A new draft, linked by retry_of, of the lines that failed and may succeed as"
        " they are. What never would, as a number without an account, is not in it: the results"
        " say what has to be done. Submit it like any other batch.",
        answer=PayoutBatchOutput,
        status=201,
        body=NoInput,
        errors=(BatchNotFound, PayoutBatchNotEnded, NothingToRetry, PayoutBatchRetried),
        example=examples.RETRY,
        request_example={},
    )
    def post(self, request: Request, batch_id: str) -> HttpResponse:
        refuse_any_field(request.data)

        def act(caller: Caller, batch: PayoutBatch, now: datetime) -> PayoutBatch:
            return retry_failed(batch_id=batch.pk, created_by=maker_of(caller), source=API, now=now)

        return _answer(request, batch_id, act, status=201)


class PayoutBatchResults(APIView):
    scopes = {"GET": scopes.PAYOUTS_READ}

    @operation(
        summary="Get the results of a payout batch",
        description="A file with one line for each payee, in your language: what happened and, if"
        " it was not paid, who must do what. csv, xlsx, the banks' pain.002, or pdf, which is"
        " signed. While the batch is being sent, as it is now.",
        answer=PayoutBatchResultsOutput,
        errors=(BatchNotFound, ResultsTooLong),
        query=[FORMAT],
    )
    def get(self, request: Request, batch_id: str) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(query, "format")
        kind = query_parameters.choice(query, "format", KINDS, default="csv")
        batch = find_batch(batch_id, caller=caller_of(request))
        results = build_results(batch, kind=kind, now=database_clock.now())
        return Response(
            PayoutBatchResultsOutput.as_json(results, batch=batch.public_id, format=kind)
        )


Act = Callable[[Caller, PayoutBatch, datetime], PayoutBatch]


def _answer(request: Request, batch_id: str, act: Act, *, status: int = 200) -> HttpResponse:
    """What is done with the caller's batch, under the request's Idempotency-Key."""

    def work(caller: Caller, _now: datetime) -> tuple[int, dict[str, Any]]:
        # Batches are due by this clock.
        now = database_clock.now()
        batch = act(caller, find_batch(batch_id, caller=caller), now)
        return status, PayoutBatchOutput.as_json(batch)

    return idempotent_response(request, work, is_shared=True)


def _answer_plain(
    request: Request, batch_id: str, service: Callable[..., PayoutBatch]
) -> HttpResponse:
    refuse_any_field(request.data)
    return _answer(
        request,
        batch_id,
        lambda _caller, batch, now: service(batch_id=batch.pk, source=API, now=now),
    )
