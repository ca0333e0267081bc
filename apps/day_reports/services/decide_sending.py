from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.core.work.outbox import wake_on_commit
from apps.day_reports.due_work import SEND
from apps.day_reports.models import ReportSending, SendingStatus
from apps.day_reports.rules.refusals import SendingMoved, SendingUnderWay


@transaction.atomic
def decide_sending(
    *, sending_id: UUID, gives_up: bool, reason: str, actor: str, now: datetime
) -> ReportSending:
    """Try again at once what waits and failed, or give it up: a person's word, with why.

    Raises:
        SendingMoved: it is sent, or given up.
        SendingUnderWay: somebody is sending it; a second one would send it twice.
    """
    sending = ReportSending.objects.select_for_update(of=("self",)).get(pk=sending_id)
    if sending.status != SendingStatus.WAITING or sending.failing_since is None:
        raise SendingMoved
    if sending.is_under_way(now):
        raise SendingUnderWay
    sending.sending_until = None
    if gives_up:
        sending.status, sending.due_at = SendingStatus.GIVEN_UP, None
        sending.closed_by, sending.note = actor, reason
    else:
        sending.due_at = now
        wake_on_commit(SEND)
    sending.forget_failures()
    sending.save()
    record(
        actor=actor,
        action="report_sending.given_up" if gives_up else "report_sending.again",
        target=sending.public_id,
        detail={"reason": reason},
        now=now,
    )
    return sending
