from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.approvals.models import Approval
from apps.approvals.rules.actions import ApprovalActionUnknown
from apps.approvals.rules.representation import ApprovalOutput
from apps.approvals.selectors.find_approval import ApprovalNotFound, find_approval
from apps.approvals.selectors.list_approvals import list_approvals
from apps.approvals.services.decide_approval import (
    ApprovalByTheSamePerson,
    ApprovalChanged,
    ApprovalNotPending,
)
from apps.approvals.services.decide_for_merchant import decide_for_merchant
from apps.approvals.services.refuse_key import ApprovalNeedsStaff
from apps.approvals.services.request_approval import REASON_LENGTH_MAX
from apps.core import database_clock
from apps.core.api import query_parameters
from apps.core.api.fields import DigestField, KnownFieldsOnly, VisibleTextField
from apps.core.api.openapi import CREATED_AFTER, CREATED_BEFORE, operation, words_parameter
from apps.core.pagination import page_as_json
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of
from apps.merchants.services.idempotent_response import idempotent_response

ERRORS = (
    ApprovalNotFound,
    ApprovalNotPending,
    ApprovalChanged,
    ApprovalNeedsStaff,
    ApprovalActionUnknown,
)
DIGEST = ApprovalOutput.example()["digest"]
REASON = "Line 4 is paid twice."
DECIDED_AT = "2026-11-22T08:09:00.000Z"


class DecisionInput(KnownFieldsOnly):
    digest = DigestField(help_text="Of the approval as you saw it.")


class DecisionWithReasonInput(DecisionInput):
    reason = VisibleTextField(max_length=REASON_LENGTH_MAX, help_text="For who asked for it.")


# Made once: a serializer copies its fields each time it is made.
_APPROVED, _REJECTED = DecisionInput(), DecisionWithReasonInput()


class ApprovalList(APIView):
    scopes = {"GET": scopes.PAYOUTS_APPROVE}

    @operation(
        summary="List approvals",
        description="What waits for another key or person of yours, and what was decided. Newest"
        " first.",
        answer=ApprovalOutput,
        is_list=True,
        query=[
            words_parameter("status", "", Approval.Status.values),
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(
            query, *query_parameters.PAGE, "status", "created_after", "created_before"
        )
        page = list_approvals(
            caller=caller_of(request),
            query=query,
            statuses=query_parameters.words(query, "status", Approval.Status.values),
            created_after=query_parameters.instant(query, "created_after"),
            created_before=query_parameters.instant(query, "created_before"),
        )
        return Response(page_as_json(page, ApprovalOutput.as_json))


class ApprovalDetail(APIView):
    scopes = {"GET": scopes.PAYOUTS_APPROVE}

    @operation(summary="Get an approval", answer=ApprovalOutput, errors=[ApprovalNotFound])
    def get(self, request: Request, approval_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        approval = find_approval(approval_id, caller=caller_of(request))
        return Response(ApprovalOutput.as_json(approval))


class ApprovalApprove(APIView):
    scopes = {"POST": scopes.PAYOUTS_APPROVE}

    @operation(
        summary="Approve what waits",
        description="It is done, exactly as the digest says. Refused as approving the target itself"
        " is, with the same codes: to the key that made or submitted it, to one that replaced that"
        " key, and where a rule demands people of the platform.",
        answer=ApprovalOutput,
        body=DecisionInput,
        errors=[*ERRORS, ApprovalByTheSamePerson],
        example=ApprovalOutput.example(status="approved", completed_at=DECIDED_AT),
        request_example={"digest": DIGEST},
    )
    def post(self, request: Request, approval_id: str) -> HttpResponse:
        said = _APPROVED.run_validation(request.data)
        return _decide(request, approval_id, said["digest"], is_approved=True)


class ApprovalReject(APIView):
    scopes = {"POST": scopes.PAYOUTS_APPROVE}

    @operation(
        summary="Reject what waits",
        description="Nothing is sent, and what was held is in your balance again.",
        answer=ApprovalOutput,
        body=DecisionWithReasonInput,
        errors=ERRORS,
        example=ApprovalOutput.example(status="rejected", reason=REASON, completed_at=DECIDED_AT),
        request_example={"digest": DIGEST, "reason": REASON},
    )
    def post(self, request: Request, approval_id: str) -> HttpResponse:
        said = _REJECTED.run_validation(request.data)
        return _decide(
            request, approval_id, said["digest"], is_approved=False, reason=said["reason"]
        )


def _decide(
    request: Request, approval_id: str, digest: bytes, *, is_approved: bool, reason: str = ""
) -> HttpResponse:
    def work(caller: Caller, _now: datetime) -> tuple[int, dict[str, Any]]:
        approval = decide_for_merchant(
            approval_id=find_approval(approval_id, caller=caller).pk,
            is_approved=is_approved,
            shown_digest=digest,
            caller=caller,
            reason=reason,
            # What waits is due by this clock.
            now=database_clock.now(),
        )
        return 200, ApprovalOutput.as_json(approval)

    return idempotent_response(request, work, is_shared=True)
