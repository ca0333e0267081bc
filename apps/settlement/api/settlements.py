from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import database_clock
from apps.core.api import query_parameters
from apps.core.api.openapi import (
    CREATED_AFTER,
    CREATED_BEFORE,
    Parameter,
    operation,
    words_parameter,
)
from apps.core.money import EXPONENTS
from apps.core.pagination import page_as_json, read_window
from apps.merchants import scopes
from apps.merchants.caller import caller_of
from apps.settlement.api.statement_output import SettlementFileOutput
from apps.settlement.models import SettlementStatus
from apps.settlement.rules.refusals import SettlementNotFound
from apps.settlement.rules.representation import SettlementLineOutput, SettlementOutput
from apps.settlement.selectors.find_settlement import find_settlement
from apps.settlement.selectors.list_lines import LINE_PREFIX, line_number, list_lines
from apps.settlement.selectors.list_settlements import list_settlements
from apps.settlement.services.build_statement import KINDS, StatementTooLong, build_statement

FORMAT = Parameter(
    "format", "csv if you do not say.", {"type": "string", "enum": list(KINDS)}, "csv"
)


class SettlementList(APIView):
    scopes = {"GET": scopes.SETTLEMENTS_READ}

    @operation(
        summary="List settlements",
        description="One statement for each period: what moved your balance, and what is paid to"
        " you of it. Newest first.",
        answer=SettlementOutput,
        is_list=True,
        query=[
            words_parameter("status", "", SettlementStatus.values),
            words_parameter("currency", "", sorted(EXPONENTS)),
            CREATED_AFTER,
            CREATED_BEFORE,
        ],
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(
            query,
            *query_parameters.PAGE,
            *("status", "currency", "created_after", "created_before"),
        )
        page = list_settlements(
            caller=caller_of(request),
            query=query,
            statuses=query_parameters.words(query, "status", SettlementStatus.values),
            currencies=query_parameters.words(query, "currency", EXPONENTS),
            created_after=query_parameters.instant(query, "created_after"),
            created_before=query_parameters.instant(query, "created_before"),
        )
        return Response(page_as_json(page, SettlementOutput.as_json))


class SettlementDetail(APIView):
    scopes = {"GET": scopes.SETTLEMENTS_READ}

    @operation(summary="Get a settlement", answer=SettlementOutput, errors=[SettlementNotFound])
    def get(self, request: Request, settlement_id: str) -> Response:
        query_parameters.refuse_unknown(request.query_params)
        settlement = find_settlement(settlement_id, caller=caller_of(request))
        return Response(SettlementOutput.as_json(settlement))


class SettlementLines(APIView):
    scopes = {"GET": scopes.SETTLEMENTS_READ}

    @operation(
        summary="List the lines of a settlement",
        description="Each movement of your balance in this period, in the order of their time."
        " None is on two statements.",
        answer=SettlementLineOutput,
        is_list=True,
        errors=[SettlementNotFound],
    )
    def get(self, request: Request, settlement_id: str) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(query, *query_parameters.PAGE)
        settlement = find_settlement(settlement_id, caller=caller_of(request))
        limit, last_id = read_window(query, prefix=LINE_PREFIX, own=None)
        after = line_number(settlement.pk, last_id) if last_id else 0
        page = list_lines(settlement.pk, after=after, limit=limit)
        return Response(page_as_json(page, SettlementLineOutput.as_json))


class SettlementFile(APIView):
    scopes = {"GET": scopes.SETTLEMENTS_READ}

    @operation(
        summary="Get a settlement as a file",
        description="Its statement in your language: csv, xlsx, the banks' camt.053, or pdf, which"
        " is signed.",
        answer=SettlementFileOutput,
        errors=(SettlementNotFound, StatementTooLong),
        query=[FORMAT],
    )
    def get(self, request: Request, settlement_id: str) -> Response:
        query = request.query_params
        query_parameters.refuse_unknown(query, "format")
        kind = query_parameters.choice(query, "format", KINDS, default="csv")
        settlement = find_settlement(settlement_id, caller=caller_of(request))
        file = build_statement(settlement, kind=kind, now=database_clock.now())
        return Response(
            SettlementFileOutput.as_json(file, settlement=settlement.public_id, format=kind)
        )
