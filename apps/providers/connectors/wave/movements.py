"""Wave's list of a day's movements, page by page. Pure: no clock, no network.

Kept, a day is a JSON text sequence (RFC 7464): each page as it came, after a record separator,
which no JSON holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, BinaryIO
from uuid import UUID

from apps.providers.contract import (
    STATED_YEARS,
    HttpAnswer,
    MovementPage,
    Operation,
    Outcome,
    OwnMovement,
    ProviderMisbehaved,
    ProviderResult,
    StatementProblem,
    StatementRecord,
)
from apps.providers.kit.wire_values import currency_code, whole_amount

from .mapping import answered

SEPARATOR = b"\x1e"
CHUNK_BYTES = 1 << 16
# No page that came through the transport is longer.
PAGE_BYTES_MAX = 16 * 1024 * 1024
RAW_LENGTH_MAX = 2_000

# Each type of movement: what was asked of Wave, and whether it adds to the wallet. Of merchant_…,
# bulk_… and b2b_… nothing is ours: finance sees them as lines without a payment.
KINDS = {
    "api_checkout": (Operation.COLLECT, True),
    "api_checkout_refund": (Operation.REFUND, False),
    "api_payout": (Operation.DISBURSE, False),
    "merchant_payment": (Operation.COLLECT, True),
    "merchant_payment_refund": (Operation.REFUND, False),
    "bulk_payment": (Operation.DISBURSE, False),
    "b2b_payment": (Operation.DISBURSE, False),
}
# Whose client_reference is that of an instruction of ours. A refund repeats its checkout's, and is
# found by its own transaction.
REFERENCED = frozenset({"api_checkout", "api_payout"})
# What each undoes. Of other types `is_reversal` says that they do.
UNDOES = {
    "api_payout_reversal": "api_payout",
    "bulk_payment_reversal": "bulk_payment",
    "b2b_payment_reversal": "b2b_payment",
}
# Money that left the wallet for our bank.
SWEPT = "merchant_sweep"


def movement_page(answer: HttpAnswer, *, day: date) -> MovementPage:
    """A page as it came, and where the next one begins.

    Raises ReferenceUnknown, OutcomeUnknown (both: no news) or ProviderMisbehaved.
    """
    page = answered(answer)
    items(page)
    info = page.get("page_info")
    if page.get("date") != day.isoformat() or not isinstance(info, dict):
        raise ProviderMisbehaved("a page of another day, or without its place")
    has_more, cursor = info.get("has_next_page"), info.get("end_cursor")
    if not isinstance(has_more, bool):
        raise ProviderMisbehaved("a page that does not say whether it is the last")
    if not has_more:
        cursor = ""
    elif not isinstance(cursor, str) or not cursor:
        raise ProviderMisbehaved("a page without the place of the next")
    return MovementPage(SEPARATOR + answer.body + b"\n", cursor)


def items(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Raises ProviderMisbehaved."""
    found = page.get("items")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ProviderMisbehaved("a page without items")
    return found


def refund_in(page: MovementPage, session: Mapping[str, Any]) -> ProviderResult | None:
    """The refund of this session, if it is among these movements. Raises ProviderMisbehaved."""
    for item in items(json.loads(page.content[1:])):
        is_refund = item.get("transaction_type") == "api_checkout_refund"
        is_its = item.get("checkout_api_session_id") == session.get("id")
        # What undoes a refund has its type.
        if is_refund and is_its and item.get("is_reversal") is not True:
            if item.get("client_reference") not in (None, session.get("client_reference")):
                raise ProviderMisbehaved("a refund of this session with another reference")
            try:
                _, amount = _signed(item.get("amount"))
            except ValueError as error:
                raise ProviderMisbehaved(f"a refund: {error}") from error
            reference = item.get("transaction_id")
            if not isinstance(reference, str) or not reference:
                raise ProviderMisbehaved("a refund without a transaction")
            return ProviderResult(
                Outcome.SUCCEEDED,
                provider_reference=reference,
                amount=amount,
                currency=currency_code(item.get("currency")),
                raw={
                    name: item[name]
                    for name in ("timestamp", "transaction_id", "transaction_type", "amount", "fee")
                    if isinstance(item.get(name), str)
                },
            )
    return None


def read_movements(
    file: BinaryIO, *, are_net: bool = False
) -> Iterator[StatementRecord | StatementProblem]:
    """A record or a problem for each movement. `are_net`: Wave's amounts are after its fee."""
    number = 0
    for text in _texts(file):
        try:
            said = text.decode("utf-8-sig").lstrip()
            page, end = json.JSONDecoder().raw_decode(said)
            movements = items(page)
        except (ValueError, RecursionError, ProviderMisbehaved, AttributeError):
            number += 1
            yield StatementProblem(
                number, "no page of movements", _raw(text.decode("utf-8", "replace"))
            )
            continue
        for movement in movements:
            number += 1
            raw = _raw(json.dumps(_kept(movement), ensure_ascii=False))
            try:
                yield _record(number, movement, raw, are_net=are_net)
            except ValueError as error:
                yield StatementProblem(number, str(error), raw)
        if rest := said[end:].strip():
            number += 1
            yield StatementProblem(number, "text after a page", _raw(rest))


def _record(
    number: int, movement: Mapping[str, Any], raw: str, *, are_net: bool
) -> StatementRecord:
    """Raises ValueError, in words for finance."""
    kind = movement.get("transaction_type")
    if not isinstance(kind, str):
        raise ValueError("transaction_type: missing")
    is_undone = kind in UNDOES or movement.get("is_reversal") is True
    kind = UNDOES.get(kind, kind)
    operation, adds = _direction(kind, is_undone=is_undone)
    is_positive, amount = _signed(movement.get("amount"))
    if is_positive != adds:
        raise ValueError("amount: of the other sign than its type")
    is_owed, fee = _signed(movement.get("fee") or "0")
    if not is_owed and not is_undone:
        raise ValueError("fee: negative")
    if are_net and kind != SWEPT:
        # The fee was taken from what came in and beside what went out, and comes back with it.
        amount = amount + fee if adds != is_undone else amount - fee
    if amount <= 0:
        raise ValueError("amount: not above its fee")
    currency = currency_code(movement.get("currency"))
    if not currency:
        raise ValueError("currency: missing")
    transaction = movement.get("transaction_id")
    if not isinstance(transaction, str) or not transaction:
        raise ValueError("transaction_id: missing")
    number_of = movement.get("counterparty_mobile")
    # What no kind says leaves says so by its sign.
    is_signed = not adds and operation in (OwnMovement.SWEEP, None)
    return StatementRecord(
        line_number=number,
        reference=_own_reference(movement.get("client_reference")) if kind in REFERENCED else "",
        provider_reference=transaction,
        amount=-amount if is_signed else amount,
        fee=-fee if is_undone else fee,
        currency=currency,
        outcome=Outcome.SUCCEEDED,
        occurred_at=_instant(movement.get("timestamp")),
        raw=raw,
        kind=operation,
        number=number_of if isinstance(number_of, str) else "",
    )


def _direction(kind: str, *, is_undone: bool) -> tuple[Operation | OwnMovement | None, bool]:
    """What a movement is, and whether it adds to the wallet. A payment that was undone is money
    that left under its name, as in any report. Raises ValueError."""
    if kind == SWEPT:
        # Undone, it comes from the bank again: nobody asked for either.
        return (None, True) if is_undone else (OwnMovement.SWEEP, False)
    if kind not in KINDS:
        raise ValueError(f"transaction_type: {kind[:60]} is not known")
    operation, adds = KINDS[kind]
    if not is_undone:
        return operation, adds
    return (None, False) if adds else (OwnMovement.RETURNED, True)


def _signed(value: Any) -> tuple[bool, int]:
    """Whether it is positive, and how much. Raises ValueError."""
    text = str(value).strip() if isinstance(value, str | int) and value is not True else ""
    amount = whole_amount(text.removeprefix("-"))
    if amount is None or text.startswith("--"):
        raise ValueError("amount: not a whole number")
    return not text.startswith("-"), amount


def _own_reference(value: Any) -> str:
    try:
        return str(UUID(value.strip())) if isinstance(value, str) else ""
    except ValueError:
        return ""


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("timestamp: not a time") from None
    if instant.tzinfo is None:
        raise ValueError("timestamp: without a zone")
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("timestamp: not a time") from None
    if instant.year not in STATED_YEARS:
        raise ValueError("timestamp: not a time")
    return instant


def _kept(movement: Mapping[str, Any]) -> dict[str, Any]:
    """Without whom: names and numbers are in the file, which is kept encrypted."""
    return {name: movement[name] for name in movement if not name.startswith("counterparty_")}


def _raw(text: str) -> str:
    return text[:RAW_LENGTH_MAX]


def _texts(file: BinaryIO) -> Iterator[bytes]:
    """What stands between the separators, one in memory at a time."""
    rest = b""
    while chunk := file.read(CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(SEPARATOR)
        yield from (text for text in whole if text.strip())
        if len(rest) > PAGE_BYTES_MAX:
            yield rest
            rest = b""
    if rest.strip():
        yield rest
