"""Every connector as the platform meets it: its answers can be stored, its slips are classified."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from apps.core.storable_text import storable_text
from apps.providers.clean_result import MESSAGE_LENGTH_MAX, clean_result
from apps.providers.contract import (
    OPERATIONS,
    CallbackRejected,
    CallbackRequest,
    ChecksPayee,
    Closes,
    ConnectorError,
    ListsMovements,
    MovementPage,
    NotSent,
    Operation,
    OperationRequest,
    OutcomeUnknown,
    ParsesCallbacks,
    PayeeCheck,
    PayeeRequest,
    PayeeStatus,
    ProviderMisbehaved,
    ProviderResult,
    Queries,
    QueryRequest,
    ReadsBalances,
    ReadsBlocks,
    ReadsDisputes,
    ReadsStatements,
    WalletBalance,
    can,
    perform,
)
from apps.providers.transports.http import HttpTransport

# More than a callback is about anywhere.
REFERENCES_MAX = 20
# Nobody's name is longer.
NAME_LENGTH_MAX = 140
# More than any wallet holds.
WALLET_LENGTH_MAX = 40
# Where the next page of a list begins.
PLACE_LENGTH_MAX = 500
AVAILABLE_MAX = 10**15

logger = logging.getLogger(__name__)


class CheckedConnector:
    """Has the protocols of the connector it wraps, and no others.

    What a connector did not foresee becomes NotSent when no byte of an instruction had left, else
    OutcomeUnknown.
    """

    def __init__(self, connector: Queries, *, transport: HttpTransport) -> None:
        self.profile = connector.profile
        self._connector: Any = connector
        self._transport = transport
        # Set here and not defined below: isinstance asks which of them are there.
        own: dict[str, Any] = {}
        for operation in OPERATIONS:
            if can(connector, operation):
                own[operation.value] = partial(self._perform, operation)
        if isinstance(connector, ChecksPayee):
            own["check_payee"] = self._check_payee
        if isinstance(connector, ReadsBalances):
            own["read_balances"] = self._read_balances
        if isinstance(connector, ParsesCallbacks):
            own["parse_callback"] = self._parse_callback
        if isinstance(connector, Closes):
            own["close"] = self._close
        if isinstance(connector, ReadsStatements):
            own["read_statement"] = connector.read_statement
            own["statement_reference"] = connector.statement_reference
        if isinstance(connector, ReadsBlocks):
            own["read_blocks"] = connector.read_blocks
        if isinstance(connector, ListsMovements):
            own["list_movements"] = self._list_movements
        if isinstance(connector, ReadsDisputes):
            own["read_disputes"] = connector.read_disputes
        self.__dict__.update(own)

    def query(self, request: QueryRequest) -> ProviderResult:
        try:
            return clean_result(self._connector.query(request))
        except ConnectorError as error:
            raise _storable(error) from error.__cause__
        except Exception as error:
            logger.exception("connector broke")
            raise OutcomeUnknown(type(error).__name__) from error

    def _perform(self, operation: Operation, request: OperationRequest) -> ProviderResult:
        self._transport.forget_instructions()
        try:
            return clean_result(perform(self._connector, operation, request))
        except ConnectorError as error:
            raise _storable(error) from error.__cause__
        except Exception as error:
            logger.exception("connector broke")
            if self._transport.has_sent_instruction:
                raise OutcomeUnknown(type(error).__name__) from error
            raise NotSent(f"not sent: {type(error).__name__}") from error

    def _close(self) -> None:
        try:
            self._connector.close()
        except Exception:
            # Its successor is in place: what it could not give back is no reason to refuse that.
            logger.exception("connector broke")

    def _check_payee(self, request: PayeeRequest) -> PayeeCheck:
        try:
            check: PayeeCheck = self._connector.check_payee(request)
            detail, name = check.detail, check.name
        except ConnectorError as error:
            check, detail, name = PayeeCheck(PayeeStatus.UNKNOWN), str(error), ""
        except Exception as error:
            logger.exception("connector broke")
            check, detail, name = PayeeCheck(PayeeStatus.UNKNOWN), type(error).__name__, ""
        return replace(
            check,
            detail=storable_text(detail, MESSAGE_LENGTH_MAX),
            name=storable_text(name, NAME_LENGTH_MAX) if isinstance(name, str) else "",
        )

    def _read_balances(self, currency: str) -> list[WalletBalance]:
        try:
            return [_own_wallet(one, currency) for one in self._connector.read_balances(currency)]
        except ConnectorError as error:
            raise _storable(error) from error.__cause__
        except Exception as error:
            logger.exception("connector broke")
            raise OutcomeUnknown(type(error).__name__) from error

    def _list_movements(self, day: date, position: str = "") -> MovementPage:
        try:
            page: MovementPage = self._connector.list_movements(day, position)
        except ConnectorError as error:
            raise _storable(error) from error.__cause__
        except Exception as error:
            logger.exception("connector broke")
            raise OutcomeUnknown(type(error).__name__) from error
        place = page.next_position
        if storable_text(place, PLACE_LENGTH_MAX) != place:
            raise ProviderMisbehaved("the place of the next page cannot be kept")
        return page

    def _parse_callback(self, callback: CallbackRequest) -> list[UUID]:
        """At most REFERENCES_MAX: each of them is a question to the provider."""
        try:
            named = self._connector.parse_callback(callback) or ()
            references = dict.fromkeys(one for one in named if isinstance(one, UUID))
            return list(references)[:REFERENCES_MAX]
        except ConnectorError as error:
            raise _storable(error) from error.__cause__
        except Exception as error:
            logger.exception("connector broke")
            raise CallbackRejected(f"it cannot be read: {type(error).__name__}") from error


def _own_wallet(balance: WalletBalance, currency: str) -> WalletBalance:
    """Raises ProviderMisbehaved for what is no amount in our currency."""
    if balance.currency != currency:
        raise ProviderMisbehaved("a wallet of another currency")
    if type(balance.available) is not int or abs(balance.available) > AVAILABLE_MAX:
        raise ProviderMisbehaved("a wallet without a whole amount")
    return replace(balance, wallet=storable_text(balance.wallet, WALLET_LENGTH_MAX))


def _storable(error: ConnectorError) -> ConnectorError:
    """The same error; what it says may quote a provider, and is written down."""
    error.args = (storable_text(str(error), MESSAGE_LENGTH_MAX),)
    return error
