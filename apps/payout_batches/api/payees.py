from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core import database_clock
from apps.core.api.openapi import operation
from apps.merchants import scopes
from apps.merchants.caller import Caller
from apps.merchants.selectors.maker_of import maker_of
from apps.merchants.services.idempotent_response import idempotent_response
from apps.payout_batches.api import examples
from apps.payout_batches.api.act_input import ConfirmationInput, read_confirmation
from apps.payout_batches.api.batches import LINE_ERRORS, read_line_number
from apps.payout_batches.rules.line_representation import PayoutBatchLineOutput
from apps.payout_batches.rules.may_confirm import (
    PayeeConfirmedByCorrector,
    PayeeConfirmedByMaker,
    PayeeNameErased,
    PayeeNotDifferent,
)
from apps.payout_batches.selectors.find_batch import find_batch
from apps.payout_batches.services.confirm_payee import PayeeCheckChanged, confirm_payee


class PayoutBatchLineConfirm(APIView):
    scopes = {"POST": scopes.PAYOUTS_APPROVE}

    @operation(
        summary="Confirm the payee of a line",
        description="The rail has another person's name for the number, and it is right all the"
        " same, for exactly the check that you saw. The key that made the batch cannot"
        " confirm it, nor one that ever corrected the line, nor one that replaced either.",
        answer=PayoutBatchLineOutput,
        body=ConfirmationInput,
        errors=(
            *LINE_ERRORS,
            PayeeNotDifferent,
            PayeeConfirmedByMaker,
            PayeeConfirmedByCorrector,
            PayeeCheckChanged,
            PayeeNameErased,
        ),
        example=examples.CONFIRMED,
        request_example=examples.CONFIRMATION,
    )
    def post(self, request: Request, batch_id: str, line_number: str) -> HttpResponse:
        shown_digest, reason = read_confirmation(request.data)

        def work(caller: Caller, _now: datetime) -> tuple[int, dict[str, Any]]:
            line = confirm_payee(
                batch_id=find_batch(batch_id, caller=caller).pk,
                number=read_line_number(line_number),
                shown_digest=shown_digest,
                confirmed_by=maker_of(caller),
                names=[caller.actor, caller.credential, f"key:{caller.credential}"],
                reason=reason,
                now=database_clock.now(),
            )
            return 200, PayoutBatchLineOutput.as_json(line)

        return idempotent_response(request, work, is_shared=True)
