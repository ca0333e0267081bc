from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.orchestration.due_work import question_limiter
from apps.payout_batches.models import BatchStatus, NameCheck, NameResult, PayoutBatch
from apps.payout_batches.rules.compare_names import compare_names
from apps.payout_batches.rules.contexts import RAIL_NAME_CONTEXT
from apps.payout_batches.rules.payee import payee_msisdn_of, payee_name_of
from apps.providers.contract import (
    ChecksPayee,
    CredentialsUnreadable,
    Operation,
    PayeeCheck,
    PayeeRequest,
    PayeeStatus,
)
from apps.providers.models import ProviderAccount
from apps.providers.registry import checks_payees, connector_for
from apps.providers.rules.phone_numbers import PhoneNumber
from apps.routing.services.route import route
from apps.vault.encryption import DecryptionFailed, encrypt
from apps.vault.masking import mask_name

# A rail that did not answer is asked again after these; then its names are "not checked".
ASKED_AGAIN = (timedelta(seconds=2), timedelta(seconds=15))
# Whatever keeps a name waiting: a rail without a free slot, a key that is missing.
WAITS_MAX = timedelta(minutes=15)
NO_SLOT = timedelta(milliseconds=500)
MASKED_LENGTH_MAX = 80

logger = logging.getLogger(__name__)


def check_name(*, line_id: UUID, leased_until: datetime, now: datetime) -> None:
    """Ask the rail whose wallet a line pays, and compare the name with what the merchant wrote.

    Safe to repeat and to be killed in: what was not written is asked again. No transaction and no
    lock is held across the call; an answer that comes after the line was corrected is dropped.

    Args:
        leased_until: what the claim set `due_at` to: another value says that the line changed, or
            that somebody else is at it.
    """
    check = (
        NameCheck.objects.select_related("line", "batch")
        .filter(pk=line_id, due_at=leased_until)
        .first()
    )
    if check is None:
        return
    if check.batch.status != BatchStatus.DRAFT or now - check.opened_at > WAITS_MAX:
        _write(check, leased_until, _ended(NameResult.NOT_CHECKED, now))
        return
    try:
        msisdn, written = payee_msisdn_of(check.line), payee_name_of(check.line)
    except DecryptionFailed:
        logger.error("a payee cannot be read", extra={"line_id": str(line_id)})
        _write(check, leased_until, _ended(NameResult.NOT_CHECKED, now))
        return
    account = _account_to_ask(check.batch, check, msisdn)
    if account is None:
        _write(check, leased_until, _again(check, now))
        return
    if not question_limiter.try_acquire(line_id, [account.pk], now):
        # It was not asked: this is no try.
        _write(check, leased_until, {"due_at": now + NO_SLOT})
        return
    began, said = time.monotonic(), None
    try:
        said = _ask(account, msisdn)
    finally:
        took = timedelta(seconds=time.monotonic() - began)
        is_taken = None if said is None else said.status is not PayeeStatus.UNKNOWN
        question_limiter.release(line_id, is_taken=is_taken, took=took, now=now + took)
    failpoint("batches.name.after_call")
    _write(check, leased_until, _heard(check, said, written, now))


def _account_to_ask(batch: PayoutBatch, check: NameCheck, msisdn: str) -> ProviderAccount | None:
    """The one that would pay the line, or the next best that can be asked; None at the moment."""
    line = check.line
    assert line.amount is not None  # noqa: S101 (for the type checker: a constraint says so)
    try:
        candidates = route(
            merchant_id=batch.merchant_id,
            livemode=batch.livemode,
            phone=PhoneNumber(msisdn=msisdn, country=line.country, operator=line.operator),
            operator=line.operator,
            money=Money(line.amount, batch.currency),
            operation=Operation.DISBURSE,
        )
    except DomainError:
        return None
    usable = (one.account for one in candidates if not one.reason)
    return next((one for one in usable if checks_payees(one.connector)), None)


def _ask(account: ProviderAccount, msisdn: str) -> PayeeCheck:
    try:
        connector = connector_for(account)
    except CredentialsUnreadable as error:
        return PayeeCheck(PayeeStatus.UNKNOWN, str(error))
    assert isinstance(connector, ChecksPayee)  # noqa: S101 (for the type checker)
    if not connection.in_atomic_block:
        # Nobody waits for a provider with a connection in hand.
        connection.close()
    return connector.check_payee(
        PayeeRequest(
            payee_msisdn=msisdn,
            country=account.country,
            currency=account.currency,
            wants_name=True,
        )
    )


def _heard(check: NameCheck, said: PayeeCheck, written: str, now: datetime) -> dict[str, Any]:
    if said.status is PayeeStatus.UNKNOWN:
        logger.info("a name was not checked", extra={"line_id": str(check.pk)})
        return _again(check, now)
    if said.status is not PayeeStatus.CAN_RECEIVE:
        return _ended(NameResult.NO_ACCOUNT, now)
    compared = compare_names(written, said.name)
    fields = _ended(compared.result, now) | {"score": compared.score}
    if said.name:
        fields["rail_name_masked"] = mask_name(said.name)[:MASKED_LENGTH_MAX]
    if compared.result == NameResult.DIFFERENT:
        # For whoever has to decide about it, and nobody else.
        fields["rail_name_encrypted"] = encrypt(
            said.name, context=RAIL_NAME_CONTEXT, row_id=check.pk
        )
    return fields


def _again(check: NameCheck, now: datetime) -> dict[str, Any]:
    """It could not be asked, or did not answer: later again, a few times."""
    if check.tries >= len(ASKED_AGAIN):
        return _ended(NameResult.NOT_CHECKED, now) | {"tries": check.tries + 1}
    return {"due_at": now + ASKED_AGAIN[check.tries], "tries": check.tries + 1}


def _ended(result: str, now: datetime) -> dict[str, Any]:
    return {"result": result, "due_at": None, "checked_at": now}


def _write(check: NameCheck, leased_until: datetime, fields: dict[str, Any]) -> None:
    NameCheck.objects.filter(pk=check.pk, due_at=leased_until).update(**fields)
