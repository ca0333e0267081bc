from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.bulk_write import bulk_write
from apps.core.failpoints import failpoint
from apps.core.money import EXPONENTS, Money
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import Booking, post_all
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.rules.write_off import (
    TOGETHER_MAX,
    is_given_up,
)
from apps.reconciliation.rules.write_off import WriteOffRefused as WriteOffRefused
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.record_decision import (
    Act,
    Decision,
    closing,
    lock_open,
    record_decision,
)
from apps.reconciliation.services.refuse_given_up import refuse_given_up


@transaction.atomic
def write_off(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "discrepancy.write_off" does: what these discrepancies are worth is booked
    between the provider's clearing account and the write-offs, and they are closed. It is money:
    nothing of it is undone.

    All of them are done or none. The ledger takes one booking of a discrepancy, and the same money
    is given up once, whichever report it is on.

    Args:
        payload: `discrepancies`, [{"id", "sequence", "value"}], 100 at most, value as
            rules.value_at_risk has it; `amount`, their sum without its sign, in minor units of
            `currency`; `is_loss`.

    Raises:
        WriteOffRefused: no money is known of one, it is repaired otherwise, it was written off
            before, or they are of two currencies or directions.
        MatchingUnderWay: a report of the account is being matched.
        DiscrepancyClosed, DiscrepancyMoved: one is not what was shown.
    """
    shown = {UUID(one["id"]): one for one in payload["discrepancies"]}
    if not 0 < len(shown) <= TOGETHER_MAX:
        raise WriteOffRefused(
            _("Between 1 and %(count)s are written off at once.") % {"count": TOGETHER_MAX}
        )
    decision = Decision(Act.WRITE_OFF, requested_by, reason, now)
    _lock_accounts(shown)
    rows = [lock_open(pk, sequence=shown[pk]["sequence"]) for pk in sorted(shown)]
    bookings = []
    for row in rows:
        _check(row, shown[row.pk]["value"], payload)
        kind = (
            TransferKind.LOSS_WRITTEN_OFF
            if row.value_at_risk > 0
            else (TransferKind.GAIN_WRITTEN_OFF)
        )
        bookings.append(
            Booking(
                {kind: Money(abs(row.value_at_risk), row.currency)},
                merchant_id=None,
                source_id=row.pk,
                livemode=row.provider_account.livemode,
                provider_account_id=row.provider_account_id,
            )
        )
    if sum(abs(row.value_at_risk) for row in rows) != payload["amount"]:
        raise WriteOffRefused(_("The sum is not what was shown."))
    bulk_write(post_all(bookings, now=now))
    failpoint("discrepancies.write_off.after_booking")
    for row in rows:
        refuse_given_up(row)
        record_decision(
            row,
            decision,
            closing(Discrepancy.Status.WRITTEN_OFF, decision),
            detail={"approved_by": approved_by, "value": row.value_at_risk},
        )


def _lock_accounts(discrepancy_ids: Iterable[UUID]) -> None:
    """Before the rows: no report is matched, and no other write-off made, at the same time."""
    accounts = (
        Discrepancy.objects.filter(pk__in=discrepancy_ids)
        .order_by("provider_account_id")
        .values_list("provider_account_id", flat=True)
        .distinct()
    )
    for account_id in accounts:
        if not lock_matching(account_id, wait=False):
            raise MatchingUnderWay(
                _("A report of this account is being matched. Try again in a minute.")
            )


def _check(row: Discrepancy, value: int, payload: Mapping[str, Any]) -> None:
    if row.value_at_risk != value:
        raise WriteOffRefused(_("The sum is not what was shown."))
    if row.currency not in EXPONENTS or not is_given_up(row.kind, row.value_at_risk):
        raise WriteOffRefused(
            _("%(id)s has no money to give up, or is repaired otherwise.") % {"id": row.public_id}
        )
    if row.currency != payload["currency"] or (row.value_at_risk > 0) != payload["is_loss"]:
        raise WriteOffRefused(_("Losses and gains, and each currency, are written off apart."))
