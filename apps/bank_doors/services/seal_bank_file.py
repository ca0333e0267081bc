from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.bank_doors.rules.seal_of_door import seal_of_door
from apps.core import database_clock
from apps.core.failpoints import failpoint
from apps.settlement.models import BankFile, BankFileStatus
from apps.settlement.rules.contexts import SEALED_CONTEXT
from apps.settlement.rules.refusals import BankFileMoved
from apps.statement_sources.transports.seal_message import SealingKeys, check_keys, seal_message
from apps.vault.blind_index import blind_index
from apps.vault.encryption import decrypt, encrypt

PURPOSE = "bank_file_seal"


def seal_bank_file(
    file: BankFile, content: bytes, *, door: Mapping[str, Any], lease: datetime
) -> tuple[str, bytes]:
    """Under which name the file is put at this door, and as what: plain, or signed and encrypted as
    the door asks. The network is not touched.

    Nothing is sealed alike twice, so what was sealed is kept before any of it is sent, and whoever
    comes after a crash has the same. Sealed anew is only what never had its name at the door, for
    other keys than before.

    Raises KeysUnusable, PgpUnavailable, PgpTimedOut, BankFileMoved.
    """
    if file.handed_at is None:
        keys = seal_of_door(door)
        mark = _mark(keys)
        if mark != bytes(file.sealed_for or b""):
            sealed = None
            if keys is not None:
                sealed = seal_message(content, keys=keys, at=database_clock.now())
            _keep(file, sealed, mark, lease)
            failpoint("bank_doors.deliver.after_seal")
        elif keys is not None:
            # One may have ended since: the bank could not read it.
            check_keys(keys, at=database_clock.now())
    name = f"{file.public_id}.xml"
    if file.sealed_encrypted is None:
        return name, content
    text = decrypt(file.sealed_encrypted, context=SEALED_CONTEXT, row_id=file.pk)
    return f"{name}.pgp", b64decode(text)


def _mark(keys: SealingKeys | None) -> bytes:
    """By which keys, for nobody to read them from it."""
    if keys is None:
        return b""
    return blind_index(f"{keys.ours}\n{keys.theirs}", purpose=PURPOSE)


@transaction.atomic
def _keep(file: BankFile, sealed: bytes | None, mark: bytes, lease: datetime) -> None:
    locked = BankFile.objects.select_for_update().get(pk=file.pk)
    is_ours = locked.status == BankFileStatus.DELIVERING and locked.delivery_due_at == lease
    if not is_ours or locked.handed_at is not None:
        raise BankFileMoved(file.public_id)
    kept = None
    if sealed is not None:
        text = b64encode(sealed).decode()
        kept = encrypt(text, context=SEALED_CONTEXT, row_id=file.pk)
    file.sealed_encrypted, file.sealed_for = kept, mark or None
    file.save(update_fields=["sealed_encrypted", "sealed_for"])
