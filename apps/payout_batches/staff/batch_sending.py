"""How one batch is sent: its progress, and what staff may do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views import View
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextareaWidget

from apps.approvals.admin.asking import ReasonForm
from apps.approvals.admin.shown import waiting_cards
from apps.approvals.selectors.pending_for import pending_for
from apps.approvals.services.request_approval import REASON_LENGTH_MAX, request_approval
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import show_label, show_mode, show_money, show_refusal, show_time
from apps.core.errors import DomainError
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.orchestration.models import StatusChange
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch
from apps.payout_batches.rules.approvable import START
from apps.payout_batches.rules.name_labels import shown_names
from apps.payout_batches.rules.shown_sum import shown_sum
from apps.payout_batches.selectors.confirmed_payees import confirmed_payees
from apps.payout_batches.selectors.describe_batch import describe_batch, sums_of
from apps.payout_batches.selectors.sum_names import sum_names
from apps.payout_batches.services.build_results import KINDS
from apps.payout_batches.services.cancel_batch import cancel_batch
from apps.payout_batches.services.pause_batch import pause_batch
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payout_batches.services.resume_batch import resume_batch
from apps.payout_batches.services.retry_failed import retry_failed
from apps.payout_batches.services.start_batch import start_batch
from apps.payout_batches.services.submit_batch import submit_batch

STAFF = StatusChange.Source.STAFF
COLOURS: Mapping[str, str] = {
    BatchStatus.NEEDS_APPROVAL: "warning",
    BatchStatus.RUNNING: "info",
    BatchStatus.PAUSED: "warning",
    BatchStatus.CANCELING: "warning",
    BatchStatus.COMPLETED: "success",
    BatchStatus.CANCELED: "danger",
}
SENTENCES: Mapping[str, str | Promise] = {
    BatchStatus.CHECKING: _("Its lines are being read and checked."),
    BatchStatus.DRAFT: _("It can be changed until it is submitted; nothing is held."),
    BatchStatus.NEEDS_APPROVAL: _("Its total is held; another person has to approve it."),
    BatchStatus.SCHEDULED: _("It was approved and waits for its time; its total is held."),
    BatchStatus.RUNNING: _("Its payouts are being sent."),
    BatchStatus.PAUSED: _("Nothing more is sent until it is resumed."),
    BatchStatus.CANCELING: _("What was not sent never will be; some payouts have not ended."),
    BatchStatus.COMPLETED: _("Every payout of it has ended."),
    BatchStatus.CANCELED: _("What was not sent never will be."),
}
# Looked at again by itself.
LIVE = (BatchStatus.CHECKING, BatchStatus.RUNNING, BatchStatus.CANCELING)


class SubmissionForm(forms.Form):
    prefix = "submit"
    scheduled_at = forms.SplitDateTimeField(
        label=_("send at, in UTC"),
        required=False,
        help_text=_("Empty: on the day that its file names, else as soon as it is approved."),
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    reason = StaffText(
        label=_("reason"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class BatchSending(PermissionRequiredMixin, View):
    permission_required = "payout_batches.view_payoutbatch"
    raise_exception = True

    def get(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        return _page(request, _find(request, batch_id), {})

    def post(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = _find(request, batch_id)
        name = request.POST.get("act", "")
        if name not in ACTS or not _may_act(request):
            return _page(request, batch, {}, status=403)
        form = _form(name, request.POST)
        if not form.is_valid():
            return _page(request, batch, {name: form}, status=422)
        try:
            said = ACTS[name](request, batch, form.cleaned_data, database_clock.now())
        except DomainError as refusal:
            form.add_error(None, show_refusal(refusal))
            messages.error(request, show_refusal(refusal))
            return _page(request, _find(request, batch_id), {name: form})
        messages.success(request, said)
        return redirect("staff-payout-batch", batch.pk)


def _find(request: HttpRequest, batch_id: UUID) -> PayoutBatch:
    batches = visible_rows(request.user, PayoutBatch.objects.select_related("merchant"))
    batch = get_object_or_404(batches, pk=batch_id)
    return describe_batch(batch, now=database_clock.now())


def _may_act(request: HttpRequest) -> bool:
    return request.user.has_perms(
        ["payout_batches.change_payoutbatch", "approvals.add_approvalrequest"]
    )


# --- What is done


def _submit(request: HttpRequest, batch: PayoutBatch, said: Any, now: datetime) -> str:
    with transaction.atomic():
        batch = submit_batch(
            batch_id=batch.pk,
            submitted_by=actor_of(request),
            scheduled_at=said["scheduled_at"],
            source=STAFF,
            now=now,
        )
        return _ask(request, batch, said, now)


def _ask(request: HttpRequest, batch: PayoutBatch, said: Any, now: datetime) -> str:
    """What the second person is shown: the digest is of all that it sums up."""
    ready, invalid = (sums_of(batch, one) for one in (LineStatus.READY, LineStatus.INVALID))
    # Said apart where there are any.
    fees = {"fees": ready.fees} if ready.fees else {}
    asked = request_approval(
        action=START,
        target=batch.public_id,
        payload={
            "payout_batch_id": str(batch.pk),
            # What leaves the balance.
            "amount": ready.total,
            **fees,
            "currency": batch.currency,
            "lines": ready.count,
            "lines_not_paid": invalid.count,
            "digest": bytes(batch.digest or b"").hex(),
        },
        reason=said["reason"],
        requested_by=cast(AbstractBaseUser, request.user),
        now=now,
    )
    return str(_("%(id)s waits for another person’s approval.") % {"id": asked.public_id})


def _reject(request: HttpRequest, batch: PayoutBatch, said: Any, now: datetime) -> str:
    reject_batch(
        batch_id=batch.pk,
        rejected_by=actor_of(request),
        reason=said["reason"],
        source=STAFF,
        now=now,
    )
    return str(_("It is a draft again; its total was returned."))


def _plain(
    service: Callable[..., PayoutBatch], done: str | Promise
) -> Callable[[HttpRequest, PayoutBatch, Any, datetime], str]:
    def act(request: HttpRequest, batch: PayoutBatch, said: Any, now: datetime) -> str:
        service(batch_id=batch.pk, source=STAFF, now=now)
        return str(done)

    return act


def _retry(request: HttpRequest, batch: PayoutBatch, said: Any, now: datetime) -> str:
    retry = retry_failed(batch_id=batch.pk, created_by=actor_of(request), source=STAFF, now=now)
    count = retry.line_sums[LineStatus.READY]["count"]
    text = ngettext("%(id)s has %(count)s line.", "%(id)s has %(count)s lines.", count)
    return text % {"id": retry.public_id, "count": count}


ACTS: Mapping[str, Callable[[HttpRequest, PayoutBatch, Any, datetime], str]] = {
    "submit": _submit,
    "ask": _ask,
    "reject": _reject,
    "start": _plain(start_batch, _("It is being sent.")),
    "pause": _plain(pause_batch, _("Nothing more of it is sent.")),
    "resume": _plain(resume_batch, _("The rest of it is being sent.")),
    "cancel": _plain(cancel_batch, _("What was not sent never will be.")),
    "retry": _retry,
}

# The status -> what may be done: by a button alone, or with a form of its own.
BUTTONS: Mapping[str, Mapping[str, str | Promise]] = {
    BatchStatus.SCHEDULED: {"start": _("Send it now"), "cancel": _("Cancel it")},
    BatchStatus.RUNNING: {"pause": _("Pause"), "cancel": _("Cancel the rest")},
    BatchStatus.PAUSED: {"resume": _("Resume"), "cancel": _("Cancel the rest")},
    BatchStatus.COMPLETED: {"retry": _("Send again what failed")},
    BatchStatus.CANCELED: {"retry": _("Send again what failed")},
    BatchStatus.NEEDS_APPROVAL: {"cancel": _("Cancel it")},
}
FORMS: Mapping[str, Mapping[str, tuple[str | Promise, str | Promise]]] = {
    BatchStatus.DRAFT: {
        "submit": (_("Submit it for approval"), _("Hold the total and ask for approval"))
    },
    BatchStatus.NEEDS_APPROVAL: {
        "ask": (_("Ask a colleague to approve it"), _("Ask for approval")),
        "reject": (_("Send it back to its maker"), _("Reject")),
    },
}


def _form(name: str, data: Any = None) -> forms.Form:
    if name == "submit":
        return SubmissionForm(data)
    return ReasonForm(data, prefix=name) if name in ("ask", "reject") else forms.Form(data)


# --- What is shown


def _page(
    request: HttpRequest,
    batch: PayoutBatch,
    filled: Mapping[str, forms.Form],
    *,
    status: int = 200,
) -> HttpResponse:
    shown = {
        name: (title, button, filled.get(name) or _form(name))
        for name, (title, button) in FORMS.get(batch.status, {}).items()
    }
    pending = pending_for(batch.public_id)
    if pending:
        shown.pop("ask", None)
    has_failed = bool(batch.line_sums[LineStatus.FAILED]["count"])
    may_act = _may_act(request)
    context = {
        **admin.site.each_context(request),
        "title": _("Sending of %(id)s") % {"id": batch.public_id},
        "batch": batch,
        "mode": show_mode(batch.livemode),
        "status": show_label(batch.get_status_display(), COLOURS.get(batch.status, "")),
        "sentence": SENTENCES[batch.status],
        "is_live": batch.status in LIVE and not filled,
        "progress": _progress(batch),
        "sums": [
            (LineStatus(name).label, one.count, shown_sum(one.amount, one.fees, batch.currency))
            for name in batch.line_sums
            if (one := sums_of(batch, name)).count
        ],
        "names": shown_names(sum_names(batch.pk)),
        "confirmed": confirmed_payees(batch.pk),
        "facts": _facts(batch),
        "approvals": waiting_cards(request, pending),
        "forms": shown if may_act else {},
        "buttons": {
            name: text
            for name, text in BUTTONS.get(batch.status, {}).items()
            if name != "retry" or has_failed
        }
        if may_act
        else {},
        "results": [
            (kind, reverse("staff-payout-batch-results", args=[batch.pk, kind])) for kind in KINDS
        ]
        if batch.started_at
        else [],
        "media": sum((form.media for _t, _b, form in shown.values()), forms.Media()),
    }
    return TemplateResponse(
        request, "staff/payout_batches/batch_sending.html", context, status=status
    )


def _progress(batch: PayoutBatch) -> dict[str, Any]:
    found = batch.progress
    total = found["total"]
    fees = found["fee_total"] + found["fee_tax_total"]
    return {
        **found,
        "percent": found["ended"] * 100 // total if total else 0,
        # What leaves the balance, and how much of it are fees.
        "money_total": show_money(found["amount_total"] + fees, batch.currency),
        "money_sent": show_money(found["amount_total"], batch.currency),
        "money_fees": show_money(fees, batch.currency) if fees else "",
        "money_ended": show_money(found["amount_ended"], batch.currency),
        "ends_at": found["ends_at"]
        and show_time(datetime.fromisoformat(found["ends_at"]), batch.merchant.timezone),
        "takes": _duration(found["seconds_left_min"] or 0),
    }


def _duration(seconds: int) -> str:
    """In hours and minutes; "" for less than a minute."""
    begun = database_clock.now()
    return timesince(begun, begun + timedelta(seconds=seconds)) if seconds >= 60 else ""


def _facts(batch: PayoutBatch) -> list[tuple[Any, Any]]:
    zone = batch.merchant.timezone
    facts = [
        (_("merchant"), batch.merchant),
        (_("reference"), batch.merchant_reference),
        (_("retry of"), batch.retry_of and batch.retry_of.public_id),
        (
            pgettext_lazy("masculine", "submitted"),
            batch.submitted_at and show_time(batch.submitted_at, zone),
        ),
        (_("approved"), batch.approved_at and show_time(batch.approved_at, zone)),
        (_("day of the file"), batch.execution_day and date_format(batch.execution_day)),
        (_("scheduled"), batch.scheduled_at and show_time(batch.scheduled_at, zone)),
        (_("started"), batch.started_at and show_time(batch.started_at, zone)),
        (_("completed"), batch.completed_at and show_time(batch.completed_at, zone)),
        (_("why it was sent back"), batch.rejection_reason),
    ]
    return [fact for fact in facts if fact[1]]
