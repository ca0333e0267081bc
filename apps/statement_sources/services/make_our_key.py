from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.selectors.pending_for import pending_for
from apps.approvals.services.request_approval import (
    ApprovalAlreadyPending,
    ApprovalReasonMissing,
    request_approval,
)
from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.work.outbox import enqueue
from apps.statement_sources.models import SourceConnection
from apps.statement_sources.rules.agreed_keys import OURS, PROVIDER, agreed_keys, keys_on
from apps.statement_sources.rules.connection_digest import connection_digest
from apps.statement_sources.selectors.connection_in_force import connection_in_force
from apps.statement_sources.services.draft_pgp import new_pair, write_our_keys

# A key of config/approvable_actions.py.
CONNECT = "statement_source.connection"
MAKE_KEY = "source_connection.make_key"


def promise_our_key(draft: SourceConnection, *, reason: str, now: datetime) -> None:
    """Have a worker make the key pair that a draft wants, in the transaction that writes the draft.

    Raises:
        ApprovalAlreadyPending: another connection of the source waits for its second person, or
            for its key pair.
        ApprovalReasonMissing: the second person would read nothing.
    """
    wanted = SourceConnection.objects.filter(source=draft.source).exclude(pgp_key_wanted="")
    if (
        pending_for(draft.source.public_id, actions=[CONNECT])
        or wanted.exclude(pk=draft.pk).exists()
    ):
        raise ApprovalAlreadyPending(_("This waits for a decision already."))
    if not reason.strip():
        raise ApprovalReasonMissing(_("Say why, in 300 characters at most."), field="reason")
    enqueue(MAKE_KEY, now=now, connection_id=str(draft.pk), reason=reason)


def make_our_key(*, connection_id: UUID, reason: str, now: datetime) -> None:
    """Make the key pair that a draft wants, and ask a second person for the connection in the name
    of who drafted it. Safe to repeat, and to be killed in: a pair that was not written is made
    again, and nobody has seen it.

    What the connection is refused by now ends the draft: the audit trail says why.
    """
    draft = SourceConnection.objects.select_related("source__provider_account").get(
        pk=connection_id
    )
    if not draft.pgp_key_wanted:
        return
    # Seconds: no row is locked meanwhile.
    pair = new_pair(draft, draft.pgp_key_wanted, now=now)
    with transaction.atomic():
        locked = SourceConnection.objects.select_for_update(of=("self",))
        draft = locked.select_related("source__provider_account").get(pk=connection_id)
        if not draft.pgp_key_wanted:
            return
        source = draft.source
        before = connection_in_force(source.pk)
        today = now.astimezone(ZoneInfo(source.provider_account.timezone)).date()
        is_kept = before is not None and before.pgp_secrets_encrypted
        kept = keys_on(before, OURS, today) if before is not None and is_kept else []
        ours = write_our_keys(draft, kept, pair, before=before)
        theirs = agreed_keys(draft, PROVIDER)
        draft.pgp_keys = [key.as_json() for key in (*theirs, *ours)]
        draft.pgp_key_wanted = ""
        draft.save(
            update_fields=["pgp_keys", "pgp_our_keys", "pgp_secrets_encrypted", "pgp_key_wanted"]
        )
        person = User.objects.get(pk=int(draft.created_by.removeprefix("user:")))
        try:
            with transaction.atomic():
                request_approval(
                    action=CONNECT,
                    target=source.public_id,
                    payload={"connection_id": str(draft.pk), "digest": connection_digest(draft)},
                    reason=reason,
                    requested_by=person,
                    now=now,
                )
        except DomainError as refusal:
            record(
                actor="system",
                action="source_connection.not_asked",
                target=source.public_id,
                detail={"id": draft.public_id, "code": refusal.code},
                now=now,
            )
