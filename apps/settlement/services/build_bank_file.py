from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Model

from apps.audit.services.record import record
from apps.core.bulk_write import bulk_write
from apps.core.public_ids import new_id_at
from apps.orchestration.models import StatusChange
from apps.settlement.models import BankFile, BankFileStatus, PaidBy, Settlement, SettlementStatus
from apps.settlement.rules.contexts import FILE_CONTEXT
from apps.settlement.rules.payee import Payee, payee_of
from apps.settlement.rules.refusals import BankAccountUnknown, BankFileEmpty
from apps.settlement.rules.write_pain001 import Transfer, end_to_end_id, write_pain001
from apps.settlement.selectors.terms_in_force import terms_in_force
from apps.settlement.transitions import MOVED_FIELDS, move
from apps.vault.encryption import encrypt

# A file is looked at by a person; what is left waits for the next.
TRANSFERS_MAX = 500
STAFF = StatusChange.Source.STAFF


@transaction.atomic
def build_bank_file(*, livemode: bool, currency: str, created_by: str, now: datetime) -> BankFile:
    """A file of all settlements that wait for the bank, 500 at most: another person has to approve
    it. Those whose merchant is disabled, or has another payee by now, wait for a person instead.

    Raises:
        BankAccountUnknown: settings.SETTLEMENT_ACCOUNTS has none of this currency.
        BankFileEmpty.
    """
    ours = settings.SETTLEMENT_ACCOUNTS.get(currency)
    if ours is None:
        raise BankAccountUnknown(currency)
    waiting = (
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
    rows: list[Model] = []
    changed: list[Settlement] = []
    taken: list[Settlement] = []
    for settlement in waiting:
        code = _why_not(settlement, now=now)
        settlement.reason_code = code
        settlement.bank_file = None if code else file
        to = SettlementStatus.ON_HOLD if code else SettlementStatus.FILED
        rows += move(settlement, to, source=STAFF, now=now, detail=code).rows
        changed.append(settlement)
        if not code:
            taken.append(settlement)
    if not taken:
        # Nothing of it is kept: the next file looks at those again.
        raise BankFileEmpty(currency)
    content = write_pain001(
        _transfers(taken),
        file_id=file.pk,
        debtor=Payee(**ours),
        currency=currency,
        day=now.date(),
        now=now,
    )
    file.count, file.amount = len(taken), sum(one.amount for one in taken)
    file.content_encrypted = encrypt(content.decode(), context=FILE_CONTEXT, row_id=file.pk)
    file.digest = hashlib.sha256(content).digest()
    file.status, file.created_by = BankFileStatus.DRAFT, created_by
    file.save(force_insert=True)
    bulk_write(rows, dict.fromkeys(changed, MOVED_FIELDS))
    record(
        actor=created_by,
        action="settlement_file.build",
        target=file.public_id,
        detail={"count": file.count, "digest": file.digest.hex()},
        now=now,
    )
    return file


def _why_not(settlement: Settlement, *, now: datetime) -> str:
    if not settlement.merchant.is_active:
        return "merchant_disabled"
    terms = terms_in_force(
        merchant_id=settlement.merchant_id,
        livemode=settlement.livemode,
        currency=settlement.currency,
        now=now,
    )
    if terms is None or bytes(terms.payee_index) != bytes(settlement.payee_index):
        return "payee_changed"
    return ""


def _transfers(settlements: Sequence[Settlement]) -> list[Transfer]:
    return [
        Transfer(
            reference=end_to_end_id(one.pk),
            amount=one.amount,
            payee=payee_of(one.terms),
            text=f"{one.full_number} {one.merchant.name}",
        )
        for one in settlements
    ]
