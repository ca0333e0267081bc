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
from apps.core.json_format import instant_as_json
from apps.core.money import EXPONENTS
from apps.core.pagination import page_as_json, read_window
from apps.core.public_ids import InvalidPublicId, decode_id, encode_id
from apps.ledger.api import examples
from apps.ledger.api.balance_output import BalanceOutput, TransferOutput
from apps.ledger.rules.postings import SOURCES, TransferKind
from apps.ledger.selectors.list_movements import KINDS, Movement, MovementFilter, list_movements
from apps.ledger.selectors.read_balance import read_balance
from apps.merchants import scopes
from apps.merchants.caller import Caller, caller_of

PREFIX = "tr"
# What a movement may be of, by parameter: the prefix of its ids.
SOURCE_PARAMETERS = {"payment": "pay", "refund": "ref", "payout": "po"}


class BalanceDetail(APIView):
    """What we owe the merchant, one amount a currency."""

    scopes = {"GET": scopes.BALANCE_READ}

    @operation(summary="Get the balance", answer=BalanceOutput, example=examples.BALANCE)
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        balances = read_balance(merchant_id=caller.merchant.pk, livemode=caller.livemode)
        return Response(
            {
                "object": "balance",
                "livemode": caller.livemode,
                "available": [
                    {"amount": money.amount, "currency": money.currency} for money in balances
                ],
            }
        )


class TransferList(APIView):
    scopes = {"GET": scopes.BALANCE_READ}

    @operation(
        summary="List the movements of the balance",
        description="What was paid in, the fees taken off, and what went to refunds and payouts or"
        " came back from them, as the ledger has it.",
        answer=TransferOutput,
        is_list=True,
        query=[
            words_parameter(
                "kind",
                "gross: a payment; fee: our fee for it; refund_held: set aside for a refund;"
                " refund_returned: the refund failed; payout_held: a payout; payout_returned: one"
                " that failed.",
                KINDS,
            ),
            words_parameter("currency", "", sorted(EXPONENTS)),
            text_parameter("payment", "What one payment moved.", example=examples.PAYMENT_ID),
            text_parameter("refund", "What one refund moved.", example=examples.REFUND_ID),
            text_parameter("payout", "What one payout moved.", example=examples.PAYOUT_ID),
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
        example=examples.TRANSFER,
    )
    def get(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        query_parameters.refuse_unknown(
            query,
            *query_parameters.PAGE,
            *("kind", "currency", *SOURCE_PARAMETERS, "created_after", "created_before"),
        )
        limit, before = read_window(query, prefix=PREFIX)
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
        return Response(page_as_json(page, lambda movement: _as_json(movement, caller)))


def _source_id(query: Mapping[str, Any]) -> UUID | None:
    found = None
    for name, prefix in SOURCE_PARAMETERS.items():
        text = query_parameters.text(query, name)
        if not text:
            continue
        if found is not None:
            raise query_parameters.InvalidParameter("Send one of them alone.", field=name)
        try:
            found = decode_id(prefix, text)
        except InvalidPublicId:
            raise query_parameters.InvalidParameter(
                f"Send a {name}'s id, {prefix}_ and 26 characters.", field=name
            ) from None
    return found


def _as_json(movement: Movement, caller: Caller) -> dict[str, Any]:
    source = encode_id(SOURCES[TransferKind(movement.kind)], movement.source_id)
    return {
        "id": encode_id(PREFIX, movement.id),
        "object": "transfer",
        "livemode": caller.livemode,
        "kind": movement.kind,
        "direction": movement.direction,
        "amount": movement.amount,
        "currency": movement.currency,
        "payment": source if source.startswith("pay_") else None,
        "source": source,
        "created_at": instant_as_json(movement.created_at),
    }
