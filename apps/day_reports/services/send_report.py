from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from apps.core import database_clock
from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.core.work.counted_failures import FAILURE_LENGTH_MAX
from apps.day_reports.due_work import DUE_SENDINGS, SEND_FAILURES_MAX
from apps.day_reports.models import ReportSending, SendingStatus, Way
from apps.day_reports.rules.contexts import CREDENTIALS_CONTEXT
from apps.day_reports.rules.problems import NEED_A_PERSON, ReportNotSent
from apps.day_reports.rules.sent_file import SentFile
from apps.day_reports.selectors.subscription_in_force import subscription_in_force
from apps.day_reports.services.build_sending import build_sending
from apps.day_reports.transports.report_email import send_email
from apps.statement_sources.transports.folder import FolderTrouble
from apps.statement_sources.transports.sftp_credentials import reach_of
from apps.statement_sources.transports.sftp_outbox import SftpOutbox

# Building and sending are bounded far below it; whoever died is followed after it.
SENDING_MAX = timedelta(minutes=15)
PUTTING_S_MAX = 300
# Of more addresses, over many versions of a subscription, `receivers` has each.
SENT_TO_LENGTH_MAX = 3_000
ENDED: dict[str, Any] = {"due_at": None, "sending_until": None}


def send_report(*, sending_id: UUID, leased_until: datetime) -> None:
    """Send one promised report to its receiver, and keep what was sent, to whom, and when.

    Safe to repeat: who has the e-mail is not sent it again; one sent again after a crash bears the
    same Message-ID, by which mail programs know it; on a server a file that is there already is not
    written again. What fails is counted, tried again up to SEND_FAILURES_MAX times, and then a
    person's.

    Args:
        leased_until: what the row's due time was when it was claimed; if it is another, somebody
            was there meanwhile, and nothing is done.
    """
    lease = database_clock.now() + SENDING_MAX
    rows = ReportSending.objects.filter(pk=sending_id, status=SendingStatus.WAITING)
    if not rows.filter(due_at=leased_until).update(due_at=lease, sending_until=lease):
        return
    try:
        _send(sending_id, lease)
    except (ReportNotSent, FolderTrouble) as trouble:
        _count_failure(sending_id, lease, str(trouble))
    except DomainError as refusal:
        _count_failure(
            sending_id, lease, "report_too_long" if refusal.status == 422 else refusal.code
        )
    except Exception as error:
        _count_failure(sending_id, lease, type(error).__name__)
        raise


def _send(sending_id: UUID, lease: datetime) -> None:
    sending = ReportSending.objects.select_related(
        "subscription__merchant", "subscription__provider_account"
    ).get(pk=sending_id)
    # By how it is agreed now, whatever was agreed when it was promised.
    holds = subscription_in_force(sending.root_id)
    files = None
    if holds is not None and _receivers(holds, sending.way):
        sending.subscription = holds
        files = build_sending(sending)
    if files is None:
        _write(sending, lease, status=SendingStatus.DROPPED, **ENDED)
        return
    told = [
        {
            "name": file.name,
            "sha256": hashlib.sha256(file.content).hexdigest(),
            "bytes": len(file.content),
        }
        for file in files
    ]
    if sending.way == Way.SFTP:
        told = _put(sending, lease, files, told)
    else:
        _write(sending, lease, files=told)

        def keep() -> None:
            _write(sending, lease, receivers=sending.receivers)

        send_email(sending, files, told, keep=keep)
    failpoint("day_reports.send.before_mark")
    _write(
        sending,
        lease,
        status=SendingStatus.SENT,
        sent_at=database_clock.now(),
        sent_to=_reached(sending, holds),
        subscription=holds,
        files=told,
        **ENDED,
        failures=0,
        failing_since=None,
        failure="",
    )


def _reached(sending: ReportSending, holds: Any) -> str:
    """Of an e-mail all who have it, whether or not they still would be sent it."""
    if sending.way == Way.EMAIL:
        known = sending.receivers or {}
        return ", ".join(one for one in known if "at" in known[one])[:SENT_TO_LENGTH_MAX]
    return _receivers(holds, sending.way)


def _receivers(subscription: Any, way: str) -> str:
    if way == Way.EMAIL:
        return ", ".join(subscription.emails)
    if not subscription.host:
        return ""
    return (
        f"{subscription.username}@{subscription.host}:{subscription.port}/"
        f"{subscription.folder.strip('/')}"
    )


def _put(
    sending: ReportSending,
    lease: datetime,
    files: Sequence[SentFile],
    told: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Put the files on the server; answers them as they stand there."""
    # A signature or a sheet is never the same twice: what an earlier try has put there is known by
    # what was written down before it, and what this one puts there is written down before it too.
    before = {one["name"]: one for one in sending.files}
    known = dict(before)
    done: list[dict[str, Any]] = []
    deadline = time.monotonic() + PUTTING_S_MAX
    with SftpOutbox(reach_of(sending.subscription, context=CREDENTIALS_CONTEXT)) as outbox:
        for file, one in zip(files, told, strict=True):
            if file.name in before and outbox.find(file.name) is not None:
                one = before[file.name]
            rest = [each for each in before.values() if each["name"] != one["name"]]
            before = {each["name"]: each for each in [*rest, one]}
            _write(sending, lease, files=list(before.values()))
            outbox.put(
                file.name,
                file.content,
                deadline=deadline,
                known_sha256=known[file.name]["sha256"] if file.name in known else "",
                known_bytes=known[file.name]["bytes"] if file.name in known else 0,
            )
            done.append(one)
    return done


def _write(sending: ReportSending, lease: datetime, **fields: Any) -> None:
    """If it is still ours."""
    rows = ReportSending.objects.filter(pk=sending.pk, sending_until=lease)
    if not rows.update(**fields):
        raise ReportNotSent("taken")


@transaction.atomic
def _count_failure(sending_id: UUID, lease: datetime, failure: str) -> None:
    now = database_clock.now()
    sending = ReportSending.objects.select_for_update().filter(pk=sending_id).first()
    if sending is None or sending.sending_until != lease:
        return
    is_left = failure in NEED_A_PERSON or sending.failures + 1 >= SEND_FAILURES_MAX
    ReportSending.objects.filter(pk=sending_id).update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", Value(now)),
        failure=failure[:FAILURE_LENGTH_MAX],
        due_at=None if is_left else now + DUE_SENDINGS.put_off,
        sending_until=None,
    )
