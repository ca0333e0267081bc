from __future__ import annotations

from django.utils import timezone

from apps.payments.models import Payment
from apps.statement_sources.models import OpenedFile, SourceConnection
from apps.statement_sources.rules.contexts import PGP_CONTEXT
from apps.statement_sources.transports.piece_store import keep_opened_piece
from apps.vault.encryption import encrypt
from tests.statement_sources import rows as sources


def make(payment: Payment) -> None:
    now, account = timezone.now(), payment.attempts.get().provider_account
    file = sources.new_file(sources.new_source(account, now=now), now=now)
    connection = SourceConnection.objects.get(source=file.source)
    connection.pgp_secrets_encrypted = encrypt("{}", context=PGP_CONTEXT, row_id=connection.pk)
    connection.save()
    OpenedFile.objects.create(
        file=file, connection=connection, sha256=b"y" * 32, size=7, pieces=1, signed_by="AB" * 20,
        signed_at=now, opened_at=now,
    )  # fmt: skip
    keep_opened_piece(file.pk, 0, b"content")
