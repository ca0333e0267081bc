from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.ledger.models import Account, AccountKind, Correction, Transfer
from apps.ledger.rules.corrections import COMES_BACK_AS, REVERSIBLE, CorrectionRefused
from apps.ledger.services.book_correction import book_correction
from apps.ledger.services.find_account import AccountKey


@transaction.atomic
def reverse_transfer(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
    is_its_owners: bool = False,
) -> Correction:
    """What the action "ledger.reverse" does: a transfer is taken back, whole and once, by one that
    is booked today between the same accounts. What was held before it left is not held again: the
    merchant may ask for it.

    Args:
        payload: `transfer_id`; `kind`, `amount` and `currency` as they were shown; `evidence`.
        is_its_owners: by the act of what it books, which then ends otherwise.

    Raises:
        CorrectionRefused: it is not what was shown, or has an act of its own that takes it back.
        AlreadyReversed.
    """
    transfer = (
        Transfer.objects.select_related("from_account", "to_account")
        .filter(pk=UUID(payload["transfer_id"]))
        .first()
    )
    shown = (payload["kind"], payload["amount"], payload["currency"])
    if transfer is None or (transfer.kind, transfer.amount, transfer.currency) != shown:
        raise CorrectionRefused(_("This is not the transfer that was shown."))
    if not is_its_owners and not _is_reversible(transfer):
        raise CorrectionRefused(
            _("What was booked so is taken back by an act of its own, or not at all.")
        )
    return book_correction(
        Money(transfer.amount, transfer.currency),
        from_account=_key(transfer.to_account),
        to_account=_key(transfer.from_account),
        evidence=payload["evidence"],
        reason=reason,
        requested_by=requested_by,
        approved_by=approved_by,
        now=now,
        reverses=transfer,
    )


def _is_reversible(transfer: Transfer) -> bool:
    """One that took back what has an act of its own is that act: what it ended stays ended."""
    of_an_act = Correction.objects.filter(transfer=transfer, reverses__isnull=False).exclude(
        reverses__kind__in=REVERSIBLE
    )
    return transfer.kind in REVERSIBLE and not of_an_act.exists()


def _key(account: Account) -> AccountKey:
    kind = AccountKind(account.kind)
    return AccountKey(
        COMES_BACK_AS.get(kind, kind), account.owner_id, account.currency, account.livemode
    )
