from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.core.public_ids import new_id_at
from apps.orchestration.models import StatusChange
from apps.settlement.models import BankFile, BankFileStatus, PaidBy, Settlement, SettlementStatus
from apps.settlement.rules.contexts import FILE_CONTEXT
from apps.settlement.rules.payee import Payee, payee_of
from apps.settlement.rules.refusals import BankFileEmpty
from apps.settlement.rules.write_pain001 import Transfer, end_to_end_id, write_pain001
from apps.settlement.selectors.our_account import our_account
from apps.settlement.selectors.why_not_paid import why_not_paid
from apps.settlement.transitions import MOVED_FIELDS, move
from apps.vault.encryption import DecryptionFailed, encrypt

# A file is looked at by a person; what is left waits for the next.
TRANSFERS_MAX = 500
STAFF = StatusChange.Source.STAFF


@transaction.atomic
def build_bank_file(
    *, livemode: bool, currency: str, created_by: str, now: datetime
) -> BankFile | None:
    """A file of all settlements that wait for the bank, 500 at most: another person has to approve
    it. Those whose merchant is disabled, or has another payee by now, wait for a person instead:
    they are on hold, each with its reason. None where all of them are.

    Raises:
        BankAccountUnknown: settings.SETTLEMENT_ACCOUNTS has none of this currency.
        BankFileEmpty: none waits.
    """
    ours = our_account(livemode=livemode, currency=currency)
    waiting = list(
        Settlement.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("merchant", "terms")
        .filter(
            livemode=livemode,
            currency=currency,
            status=SettlementStatus.WAITING,
            paid_by=PaidBy.BANK_FILE,
        )
        .order_by("id")[:TRANSFERS_MAX]
    )
    file = BankFile(id=new_id_at(now), livemode=livemode, currency=currency, created_at=now)
    if not waiting:
        raise BankFileEmpty(currency)
    refused = why_not_paid(waiting, livemode=livemode, currency=currency, now=now)
    transfers: list[Transfer] = []
    rows: list[Model] = []
    for settlement in waiting:
        code = refused.get(settlement.pk, "") or _add(settlement, transfers)
        settlement.reason_code = code
        settlement.bank_file = None if code else file
        to = SettlementStatus.ON_HOLD if code else SettlementStatus.FILED
        rows += move(settlement, to, source=STAFF, now=now, detail=code).rows
    if transfers:
        _write(file, transfers, debtor=ours, created_by=created_by, now=now)
    bulk_write(rows, dict.fromkeys(waiting, MOVED_FIELDS))
    return file if transfers else None


def _add(settlement: Settlement, transfers: list[Transfer]) -> str:
    """Why it cannot be in the file; blank where it now is."""
    try:
        payee = payee_of(settlement.terms)
    except DecryptionFailed:
        return "payee_unreadable"
    transfers.append(
        Transfer(
            reference=end_to_end_id(settlement.pk),
            amount=settlement.amount,
            payee=payee,
            text=f"{settlement.full_number} {settlement.merchant.name}",
        )
    )
    return ""


def _write(
    file: BankFile,
    transfers: Sequence[Transfer],
    *,
    debtor: Payee,
    created_by: str,
    now: datetime,
) -> None:
    content = write_pain001(
        transfers,
        file_id=file.pk,
        debtor=debtor,
        currency=file.currency,
        day=now.date(),
        now=now,
    )
    file.count, file.amount = len(transfers), sum(one.amount for one in transfers)
    file.content_encrypted = encrypt(content.decode(), context=FILE_CONTEXT, row_id=file.pk)
    file.digest = hashlib.sha256(content).digest()
    file.status, file.created_by = BankFileStatus.DRAFT, created_by
    file.save(force_insert=True)
    record(
        actor=created_by,
        action="settlement_file.build",
        target=file.public_id,
        detail={"count": file.count, "digest": file.digest.hex()},
        now=now,
    )
