from __future__ import annotations

import hashlib
import hmac
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from apps.bank_doors.due_work import DUE_BANK_FILES, FAILURES_MAX
from apps.bank_doors.rules.reach_of_door import reach_of_door, shown_place
from apps.bank_doors.services.seal_bank_file import seal_bank_file
from apps.core import database_clock
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.work.counted_failures import FAILURE_LENGTH_MAX
from apps.orchestration.selectors.money_out import was_before_restore
from apps.settlement.models import BankFile, BankFileStatus
from apps.settlement.rules.contexts import FILE_CONTEXT
from apps.settlement.rules.delivery import (
    PGP_KEYS,
    PGP_PROGRAM,
    TRIED_AGAIN,
    TROUBLES,
    WHEREABOUTS,
)
from apps.settlement.rules.refusals import BankFileMoved
from apps.settlement.selectors.bank_door import bank_door
from apps.settlement.selectors.check_still_payable import check_still_payable
from apps.settlement.services.move_bank_file import Delivery, move_bank_file
from apps.statement_sources.transports.folder import FolderRefused, FolderTrouble
from apps.statement_sources.transports.gnupg import PgpTimedOut, PgpUnavailable
from apps.statement_sources.transports.seal_message import KeysUnusable
from apps.statement_sources.transports.sftp_outbox import SftpOutbox
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt

# Writing is bounded far below it; whoever died is followed after it.
DELIVERING_MAX = timedelta(minutes=15)
WRITING_S_MAX = 300


def deliver_bank_file(*, file_id: UUID, leased_until: datetime) -> None:
    """Put an approved file at our bank's door, signed and encrypted where the door asks for that,
    whole or not at all, and never twice: then the bank has it, and its settlements are sent.

    It is written under another name first. Before it gets its own, that is noted: from then on the
    bank may have taken it, so whoever comes after a crash finds it by one of its names, or leaves
    it to a person. So does whoever delivers what was made before a restore: the note of it may be
    forgotten. What fails else is counted, and tried again while that may help.

    Args:
        leased_until: what the row's due time was when it was claimed; if it is another, somebody
            was there meanwhile, and nothing is done.
    """
    lease = database_clock.now() + DELIVERING_MAX
    rows = BankFile.objects.filter(pk=file_id, status=BankFileStatus.DELIVERING)
    if not rows.filter(delivery_due_at=leased_until).update(delivery_due_at=lease):
        return
    try:
        _deliver(file_id, lease)
    except FolderTrouble as trouble:
        _count_failure(file_id, lease, trouble.code)
    except DomainError as refusal:
        _count_failure(file_id, lease, refusal.code)
    except KeysUnusable:
        _count_failure(file_id, lease, PGP_KEYS)
    except (PgpUnavailable, PgpTimedOut):
        _count_failure(file_id, lease, PGP_PROGRAM)
    except (DecryptionFailed, EncryptionKeyMissing):
        _count_failure(file_id, lease, BankFileMoved.code)
    except Exception as error:
        _count_failure(file_id, lease, type(error).__name__)
        raise


def _deliver(file_id: UUID, lease: datetime) -> None:
    file = BankFile.objects.get(pk=file_id)
    content = decrypt(file.content_encrypted, context=FILE_CONTEXT, row_id=file.pk).encode()
    if not hmac.compare_digest(hashlib.sha256(content).digest(), bytes(file.digest)):
        raise BankFileMoved(file.public_id)
    door = bank_door(livemode=file.livemode, currency=file.currency)
    reach = reach_of_door(door)
    name, content = seal_bank_file(file, content, door=door, lease=lease)
    deadline = time.monotonic() + WRITING_S_MAX
    with SftpOutbox(reach) as outbox:
        if not outbox.has(name, content, deadline=deadline):
            if file.handed_at is None and not was_before_restore(file.created_at):
                outbox.stage(name, content, deadline=deadline)
                outbox.remove_other_parts(f"{file.public_id}.xml", name, content)
            elif not outbox.is_staged(name, content):
                raise FolderRefused(WHEREABOUTS)
            failpoint("bank_doors.deliver.before_hand_over")
            _hand_over(file, lease)
            failpoint("bank_doors.deliver.before_rename")
            outbox.publish(name, content)
    failpoint("bank_doors.deliver.before_mark")
    move_bank_file(
        file_id=file.pk,
        to=BankFileStatus.SENT,
        reason="SFTP",
        actor="system",
        now=database_clock.now(),
        delivery=Delivery(leased_until=lease, to=f"{shown_place(reach)}/{name}"),
    )


@transaction.atomic
def _hand_over(file: BankFile, lease: datetime) -> None:
    """From now on the bank may have it. Raises BankFileOutdated, BankFileMoved."""
    now = database_clock.now()
    locked = BankFile.objects.select_for_update().get(pk=file.pk)
    if locked.status != BankFileStatus.DELIVERING or locked.delivery_due_at != lease:
        raise BankFileMoved(file.public_id)
    check_still_payable(locked, now=now)
    locked.handed_at = now
    locked.save(update_fields=["handed_at"])


@transaction.atomic
def _count_failure(file_id: UUID, lease: datetime, failure: str) -> None:
    """If it is still ours."""
    now = database_clock.now()
    file = BankFile.objects.select_for_update().get(pk=file_id)
    if file.status != BankFileStatus.DELIVERING or file.delivery_due_at != lease:
        return
    is_left = failure in TROUBLES.keys() - TRIED_AGAIN or file.failures + 1 >= FAILURES_MAX
    later: Any = None if is_left else now + DUE_BANK_FILES.put_off
    BankFile.objects.filter(pk=file_id).update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Value(now)),
        failure=failure[:FAILURE_LENGTH_MAX],
        delivery_due_at=later,
    )
