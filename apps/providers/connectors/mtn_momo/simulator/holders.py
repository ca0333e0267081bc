"""Accounts: our balance, and whether a wallet is there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from apps.providers.simulation.exchange import Answer, Request, Route, json_answer
from apps.providers.simulation.faults import DISBURSE, PAYEE

from .answers import error_answer, spoiled, strike_before
from .currencies import CURRENCIES, decimal
from .payers import (
    ACCOUNT_HOLDER_INACTIVE,
    ACCOUNT_HOLDER_MAGIC,
    ACCOUNT_HOLDER_NAMES,
    SUCCESSFUL,
    ending,
)

if TYPE_CHECKING:
    from .access import Caller
    from .simulator import MtnMomoSimulator

MONEY_IN = ("requesttopay", "requesttowithdraw", "payment", "invoice")
MONEY_OUT = ("transfer", "deposit", "refund", "cashtransfer")
# Everybody in MTN's sandbox is the same person.
IDENTITY = {
    "given_name": "Sand",
    "family_name": "Box",
    "birthdate": "1976-08-13",
    "locale": "sv_SE",
    "gender": "MALE",
}


class AccountHolders:
    def __init__(self, simulator: MtnMomoSimulator) -> None:
        self._simulator = simulator

    def routes(self) -> Sequence[Route]:
        business = self._simulator.access.business
        return [
            business("GET", product, f"/v1_0{path}", call)
            for product in ("collection", "disbursement", "remittance")
            for path, call in (
                ("/account/balance", self.balance),
                ("/account/balance/{currency}", self.balance),
                ("/accountholder/{type}/{id}/active", self.active),
                ("/accountholder/{type}/{id}/basicuserinfo", self.basic_user_info),
            )
        ]

    def balance(self, request: Request, caller: Caller) -> Answer:
        currency = request.parameters.get("currency") or CURRENCIES[caller.environment]
        if currency != CURRENCIES[caller.environment]:
            return error_answer(500, "INVALID_CURRENCY")
        now = time.time()
        moved_in = self._simulator.store.total(MONEY_IN, SUCCESSFUL, currency, now)
        moved_out = self._simulator.store.total(MONEY_OUT, SUCCESSFUL, currency, now)
        available = moved_in if caller.product == "collection" else -moved_out
        available += int(self._simulator.settings["opening_balance"])
        return json_answer({"availableBalance": decimal(available, currency), "currency": currency})

    def active(self, request: Request, caller: Caller) -> Answer:
        # npm mtn-momo sends the type in upper case.
        if request.parameters["type"].lower() not in ("msisdn", "email", "party_code"):
            return Answer(400)
        party = unquote(request.parameters["id"])
        fault = self._simulator.faults.draw(PAYEE, {DISBURSE}, party=party)
        strike_before(fault)
        suffix = ending(party)
        if suffix in ACCOUNT_HOLDER_MAGIC:
            return spoiled(fault, error_answer(*ACCOUNT_HOLDER_MAGIC[suffix]))
        return spoiled(fault, json_answer({"result": suffix != ACCOUNT_HOLDER_INACTIVE}))

    def basic_user_info(self, request: Request, caller: Caller) -> Answer:
        suffix = ending(unquote(request.parameters["id"]))
        if suffix in ACCOUNT_HOLDER_MAGIC:
            return error_answer(*ACCOUNT_HOLDER_MAGIC[suffix])
        named = ACCOUNT_HOLDER_NAMES.get(suffix)
        own = {} if named is None else {"given_name": named[0], "family_name": named[1]}
        return json_answer({**IDENTITY, **own, "status": "ACTIVE"})
