from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.failpoints import failpoint
from apps.core.money import Money
from apps.core.public_ids import encode_id, new_id_at
from apps.ledger.models import Correction, Transfer
from apps.ledger.rules.corrections import (
    AlreadyReversed,
    CorrectionRefused,
    kind_between,
    read_evidence,
)
from apps.ledger.services.find_account import AccountKey, find_accounts

# Two who put the same right at once wait here; who books it second finds it booked.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('correction of ' || %s::text, 0))"


def book_correction(
    money: Money,
    *,
    from_account: AccountKey,
    to_account: AccountKey,
    evidence: str,
    reason: str,
    requested_by: str,
    approved_by: str,
    now: datetime,
    correction_id: UUID | None = None,
    reverses: Transfer | None = None,
    discrepancy_id: UUID | None = None,
) -> Correction:
    """Book what two people put right, today, whatever the balance: what really happened is booked
    (ADR 22). No month that is over changes; what it takes back is named instead.

    Within the caller's transaction, which has checked that it may be.

    Args:
        correction_id: of what is asked for by an id of its own, and booked once by it.
        reverses: what it takes back; once.
        discrepancy_id: what it explains; once.

    Raises:
        AlreadyReversed: it is booked already.
        CorrectionRefused: it says nothing that proves it, or something else is called as it is.
    """
    evidence = read_evidence(evidence)
    correction_id = correction_id or new_id_at(now)
    known = {"pk": correction_id, "reverses": reverses, "discrepancy_id": discrepancy_id}
    for name, key in known.items():
        if key is None:
            continue
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [key.pk if isinstance(key, Transfer) else key])
        if Correction.objects.filter(**{name: key}).exists():
            raise AlreadyReversed
    # The id comes from a page: nothing else is booked under it.
    if Transfer.objects.filter(source_id=correction_id).exists():
        raise CorrectionRefused(_("Something else is booked under this id. Begin anew."))
    accounts = find_accounts([from_account, to_account])
    transfer = Transfer.objects.create(
        id=new_id_at(now),
        from_account_id=accounts[from_account],
        to_account_id=accounts[to_account],
        amount=money.amount,
        currency=money.currency,
        kind=kind_between(from_account.kind, to_account.kind),
        source_id=correction_id,
        created_at=now,
    )
    failpoint("ledger.correction.after_transfer")
    correction = Correction.objects.create(
        id=correction_id,
        transfer=transfer,
        reverses=reverses,
        discrepancy_id=discrepancy_id,
        evidence=evidence,
        reason=reason,
        requested_by=requested_by,
        approved_by=approved_by,
        created_at=now,
    )
    record(
        actor=approved_by,
        action="ledger.reverse" if reverses else "ledger.adjust",
        target=correction.public_id,
        detail={
            "requested_by": requested_by,
            "reason": reason,
            "evidence": evidence,
            "from": from_account.kind,
            "to": to_account.kind,
            "amount": money.amount,
            "currency": money.currency,
            "reverses": encode_id("tr", reverses.pk) if reverses else "",
        },
        now=now,
    )
    return correction
