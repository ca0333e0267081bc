"""One object of the caller's, or a 404 that says why."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.merchants.caller import Caller

Row = TypeVar("Row", bound=Model)


class WrongMode(DomainError):
    code = "wrong_mode"
    status = 404
    title = "This object is of the other mode."


def find_own(
    rows: QuerySet[Row],
    public_id: str,
    *,
    prefix: str,
    caller: Caller,
    not_found: type[DomainError],
) -> Row:
    """The row with this public id, if it is the caller's. One query.

    Another merchant's is not found, exactly like one that never was.

    Args:
        rows: of a model with `merchant` and `livemode`.

    Raises:
        not_found: there is none, or it is another's.
        WrongMode: it is the caller's own, but of the other mode.
    """
    try:
        row_id = decode_id(prefix, public_id)
    except InvalidPublicId:
        raise not_found(f"Such an id is {prefix}_ and 26 characters.") from None
    row: Any = rows.filter(pk=row_id, merchant=caller.merchant).first()
    if row is None:
        raise not_found("Check the id: this merchant has no such object.")
    if row.livemode != caller.livemode:
        mode = "live" if row.livemode else "test"
        raise WrongMode(f"It is of {mode} mode: use a {mode} credential.")
    found: Row = row
    return found


def find_own_of_operator(
    rows: QuerySet[Row],
    id_or_reference: str,
    *,
    prefix: str,
    operator: str,
    caller: Caller,
    not_found: type[DomainError],
) -> Row:
    """The caller's row at this operator: by our id, else the newest with this reference of the
    merchant's own. One query.

    Args:
        rows: as in find_own, with `operator` and `merchant_reference`.

    Raises:
        not_found, WrongMode: as find_own.
    """
    found: Any
    try:
        decode_id(prefix, id_or_reference)
    except InvalidPublicId:
        found = _newest_of(rows, id_or_reference, operator=operator, caller=caller)
    else:
        found = find_own(rows, id_or_reference, prefix=prefix, caller=caller, not_found=not_found)
    if found is None or found.operator != operator:
        raise not_found(f"This merchant has nothing at {operator} with this id or reference.")
    own: Row = found
    return own


def _newest_of(rows: QuerySet[Row], reference: str, *, operator: str, caller: Caller) -> Row | None:
    # PostgreSQL keeps no NUL.
    if not reference or "\x00" in reference:
        return None
    return (
        rows.filter(
            merchant=caller.merchant,
            livemode=caller.livemode,
            merchant_reference=reference,
            operator=operator,
        )
        # The index's own condition.
        .exclude(merchant_reference="")
        .order_by("-id")
        .first()
    )
