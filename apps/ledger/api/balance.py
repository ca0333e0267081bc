from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api import query_parameters
from apps.core.api.openapi import (
    CREATED_AFTER,
    CREATED_BEFORE,
    operation,
    text_parameter,
    words_parameter,
)
from apps.core.money import EXPONENTS
from apps.core.pagination import page_as_json, read_window
from apps.ledger.api.balance_output import PAYMENT_ID, BalanceOutput, TransferOutput
from apps.ledger.selectors.list_movements import (
    KINDS,
    PREFIX,
    MovementFilter,
    list_movements,
)
from apps.ledger.selectors.read_balance import read_balance
from apps.merchants import scopes
from apps.merchants.caller import caller_of

# As in the examples of refunds, payouts and disputes, which this app may not know.
REFUND_ID = "ref_01kasdc2s4h7j9n1q3t5v8x0zb"
PAYOUT_ID = "po_01kasdc3v8hq2n5r7t9w1y4b6d"
DISPUTE_ID = "dis_01kasdc4w9jr3p6s8v0x2z5c7e"
BATCH_ID = "pob_01kasdc5x0ks4q7t9w1y3a6d8f"
SETTLEMENT_ID = "set_01kasdc6y1mt5r8v0x2z4b7e9g"
CORRECTION_ID = "cor_01kasdc7z2nv6s9w1y3a5c8f0h"
# What a movement may be of, by parameter: the prefix of its ids.
SOURCE_PARAMETERS = {
    "payment": "pay",
    "refund": "ref",
    "payout": "po",
    "dispute": "dis",
    "payout_batch": "pob",
    "settlement": "set",
    "correction": "cor",
}


class BalanceDetail(APIView):
    """What we owe the merchant, one amount a currency."""

    scopes = {"GET": scopes.BALANCE_READ}

    @operation(summary="Get the balance", answer=BalanceOutput)
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        balance = read_balance(merchant_id=caller.merchant.pk, livemode=caller.livemode)
        return Response(
            BalanceOutput.as_json(
                livemode=caller.livemode,
                available=balance.available,
                held=balance.held,
                pending=balance.pending,
                reserved=balance.reserved,
            )
        )


class TransferList(APIView):
    scopes = {"GET": scopes.BALANCE_READ}

    @operation(
        summary="List the movements of the balance",
        description="What was paid in, the fees and the tax on them taken off, and what went to"
        " refunds, payouts and disputes or came back from them, as the ledger has it.",
        answer=TransferOutput,
        is_list=True,
        query=[
            words_parameter(
                "kind",
                "gross: a payment; fee: our fee for it; fee_tax: the tax on the fee;"
                " refund_held: set aside for a refund; refund_returned: the refund failed;"
                " payout_held: a payout; payout_returned: one that failed;"
                " payout_fee_held, payout_tax_held: our fee for a payout and the tax on it, ours"
                " once it is sent; payout_fee_back, payout_tax_back: given back, for it failed;"
                " refund_fee_held, refund_tax_held, refund_fee_back, refund_tax_back: the same of"
                " a refund; collect_fee_back, collect_tax_back: what a refund gave back of the fee"
                " of its payment and of the tax on it;"
                " dispute_held: set aside while a payment is disputed;"
                " dispute_returned: what of it is yours again; batch_held: a batch of payouts;"
                " batch_released: what of it became payouts, each held by itself; batch_returned:"
                " what of it is not sent; released: what was pending and is available now, of all"
                " payments of one day at one provider, less fees and taxes; reserve_held: a"
                " part of a payment that we keep for a time; reserve_released: what we kept of the"
                " payments of one day at one provider is available now; settle_held: a"
                " settlement; settle_released: it became a payout, which holds it;"
                " settle_returned: it was not paid; correction_in, correction_out: the books were"
                " put right, in your favour or not.",
                KINDS,
            ),
            words_parameter("currency", "", sorted(EXPONENTS)),
            text_parameter("payment", "What one payment moved.", example=PAYMENT_ID),
            text_parameter("refund", "What one refund moved.", example=REFUND_ID),
            text_parameter("payout", "What one payout moved.", example=PAYOUT_ID),
            text_parameter("dispute", "What one dispute moved.", example=DISPUTE_ID),
            text_parameter("payout_batch", "What one batch of payouts moved.", example=BATCH_ID),
            text_parameter("settlement", "What one settlement moved.", example=SETTLEMENT_ID),
            text_parameter("correction", "What one correction moved.", example=CORRECTION_ID),
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        query_parameters.refuse_unknown(
            query,
            *query_parameters.PAGE,
            *("kind", "currency", *SOURCE_PARAMETERS, "created_after", "created_before"),
        )
        limit, before = read_window(query, prefix=PREFIX, own=None)
        page = list_movements(
            merchant_id=caller.merchant.pk,
            livemode=caller.livemode,
            wanted=MovementFilter(
                kinds=query_parameters.words(query, "kind", KINDS),
                currencies=query_parameters.words(query, "currency", EXPONENTS),
                source_id=_source_id(query),
                created_after=query_parameters.instant(query, "created_after"),
                created_before=query_parameters.instant(query, "created_before"),
            ),
            limit=limit,
            before=before,
        )
        return Response(
            page_as_json(
                page, lambda movement: TransferOutput.as_json(movement, livemode=caller.livemode)
            )
        )


def _source_id(query: Mapping[str, Any]) -> UUID | None:
    found = None
    for name, prefix in SOURCE_PARAMETERS.items():
        source_id = query_parameters.object_id(query, name, prefix=prefix)
        if source_id is None:
            continue
        if found is not None:
            raise query_parameters.InvalidParameter("Send one of them alone.", field=name)
        found = source_id
    return found
