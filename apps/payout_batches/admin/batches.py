from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter

from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import (
    DayRangeFilter,
    ReadOnlyAdmin,
    show_label,
    show_money,
    show_refusal,
)
from apps.core.errors import DomainError
from apps.core.visible_rows import visible_rows
from apps.orchestration.admin.owners import MERCHANT, MerchantFilter
from apps.orchestration.models import StatusChange
from apps.payout_batches.admin.batch_columns import BatchColumns
from apps.payout_batches.admin.forms import LineForm, NewBatchForm
from apps.payout_batches.admin.lines import (
    line_label,
    problem_rows,
    read_hex,
    read_number,
    shown_lines,
)
from apps.payout_batches.models import (
    BatchStatus,
    LineStatus,
    PayoutBatch,
    PayoutBatchLine,
    PayoutBatchSum,
)
from apps.payout_batches.rules.funds import ENOUGH, SHORT, UNKNOWN
from apps.payout_batches.rules.name_labels import shown_names
from apps.payout_batches.rules.sentences import sentence
from apps.payout_batches.rules.shown_sum import shown_sum
from apps.payout_batches.selectors.check_floats import check_floats
from apps.payout_batches.selectors.describe_batch import TO_BE_SENT
from apps.payout_batches.selectors.find_line import find_line
from apps.payout_batches.selectors.sum_lines import LineSum, sum_lines
from apps.payout_batches.selectors.sum_names import sum_names
from apps.payout_batches.selectors.sum_rails import sum_rails
from apps.payout_batches.services.check_name_anew import check_name_anew
from apps.payout_batches.services.confirm_payee import confirm_payee
from apps.payout_batches.services.correct_line import correct_line
from apps.payout_batches.services.discard_batch import discard_batch
from apps.payout_batches.services.drop_line import drop_line
from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch

# Whether the provider's account holds what is to be paid from it.
FUNDS_SHOWN = {
    ENOUGH: (_("the provider has it"), "success"),
    SHORT: (_("the provider has less"), "danger"),
    UNKNOWN: (_("not known"), ""),
}


@admin.register(PayoutBatch)
class PayoutBatchAdmin(BatchColumns, ReadOnlyAdmin):
    public_id_prefix = "pob"
    list_display = [
        "id_and_time", MERCHANT, "name_shown", "total_shown", "source_shown", "mode",
        "status_shown",
    ]  # fmt: skip
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("merchant", MerchantFilter),
        ("livemode", BooleanRadioFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["merchant"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, pob_….")
    fields = [
        "public_id_shown", "mode", MERCHANT, "reference_shown", "description_shown", "source_shown",
        "file_name_shown", "created", "completed",
    ]  # fmt: skip
    readonly_fields = fields
    change_form_template = "admin/payout_batches/payoutbatch/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<uuid:batch_id>/lines/<int:number>/",
                self.admin_site.admin_view(self.line_view),
                name="payout_batches_line",
            ),
            path(
                "<uuid:batch_id>/problems.csv",
                self.admin_site.admin_view(self.problems_view),
                name="payout_batches_problems",
            ),
            path(
                "<uuid:batch_id>/discard/",
                self.admin_site.admin_view(self.discard_view),
                name="payout_batches_discard",
            ),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutBatch]:
        """With what is to be sent of each, or was; no line is read for it."""
        sums = PayoutBatchSum.objects.filter(batch_id=OuterRef("pk"), status__in=TO_BE_SENT)
        each = sums.order_by().values("batch_id")
        batches: QuerySet[PayoutBatch] = super().get_queryset(request)
        return batches.annotate(
            lines_to_send=Subquery(each.annotate(one=Sum("count")).values("one")),
            total_to_send=Subquery(
                each.annotate(one=Sum(F("amount") + F("fee") + F("fee_tax"))).values("one")
            ),
        )

    # --- A new batch

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payout_batches.add_payoutbatch")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewBatchForm(request.POST or None, request.FILES or None)
        merchants: Any = form.fields["merchant"]
        merchants.queryset = visible_rows(request.user, merchants.queryset)
        if form.is_valid():
            try:
                batch = self._receive(request, form.cleaned_data)
            except DomainError as refusal:
                form.add_error("file", show_refusal(refusal))
            else:
                text = _("%(id)s: the list is being read. Load this page again in a moment.")
                self.message_user(request, text % {"id": batch.public_id}, messages.SUCCESS)
                return redirect("admin:payout_batches_payoutbatch_change", batch.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New batch of payouts"),
            "button": _("Upload and check"),
            "form": form,
            "media": self.media + form.media,
            "back_url": reverse("admin:payout_batches_payoutbatch_changelist"),
        }
        return TemplateResponse(request, "admin/form_page.html", context)

    def _receive(self, request: HttpRequest, said: dict[str, Any]) -> PayoutBatch:
        merchant, file = said["merchant"], said["file"]
        with transaction.atomic():
            return receive_batch(
                merchant=merchant,
                livemode=said["livemode"] == "live",
                order=BatchOrder(
                    currency=said["currency"] or merchant.currency,
                    source=PayoutBatch.Source.FILE,
                    created_by=actor_of(request),
                    merchant_reference=said["reference"],
                    description=said["description"],
                    file_name=file.name[-140:],
                ),
                content=file.chunks(),
                now=database_clock.now(),
                asked_by=StatusChange.Source.STAFF,
            )

    # --- The page of a batch

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        batch: PayoutBatch = kwargs["obj"]
        sums = sum_lines(batch.pk)
        may_change = self._may_change(request) and batch.status == BatchStatus.DRAFT
        ready = sums.get(LineStatus.READY, LineSum())
        context |= {
            "title": batch.public_id,
            "batch": batch,
            "money": show_money(ready.total, batch.currency),
            "ready_count": ready.count,
            "status": self.status_shown(batch),
            "mode": self.mode(batch),
            "failure": sentence(batch.failure_code, batch.failure_values)
            if batch.failure_code
            else "",
            "warnings": [sentence(one["code"], one["values"]) for one in batch.warnings],
            "sums": [
                (line_label(status), one.count, shown_sum(one.amount, one.fees, batch.currency))
                for status in LineStatus.values
                if (one := sums.get(status))
            ],
            "rails": [
                {
                    **row,
                    "amount": shown_sum(row["amount"], row["fee"] + row["fee_tax"], batch.currency),
                    "funds": show_label(*FUNDS_SHOWN[row["funds"]]),
                }
                for row in check_floats(batch, sum_rails(batch.pk), now=database_clock.now())
            ],
            "names": shown_names(sum_names(batch.pk)),
            "may_change": may_change,
            "discard_url": reverse("admin:payout_batches_discard", args=[batch.pk]),
            "problems_url": reverse("admin:payout_batches_problems", args=[batch.pk])
            if LineStatus.INVALID in sums
            else "",
            **shown_lines(request, batch, sums, may_change=may_change),
        }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    # --- What is done with its lines

    def _may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payout_batches.change_payoutbatch")

    def line_view(self, request: HttpRequest, batch_id: UUID, number: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self._may_change(request):
            raise PermissionDenied
        batch = self._batch(request, batch_id)
        actor, now = actor_of(request), database_clock.now()
        try:
            if "drop" in request.POST or "restore" in request.POST:
                line = drop_line(
                    batch_id=batch.pk,
                    number=number,
                    actor=actor,
                    now=now,
                    is_dropped="drop" in request.POST,
                )
            elif "confirm" in request.POST:
                confirm_payee(
                    batch_id=batch.pk,
                    number=number,
                    shown_digest=read_hex(request.POST.get("digest")),
                    confirmed_by=actor,
                    reason=request.POST.get("reason", ""),
                    now=now,
                )
                text = _("The payee of line %(number)s is confirmed.") % {"number": number}
                self.message_user(request, text, messages.SUCCESS)
                return self._back(request, batch)
            elif "check_anew" in request.POST:
                check_name_anew(batch_id=batch.pk, number=number, actor=actor, now=now)
                text = _("The operator is being asked again about line %(number)s.") % {
                    "number": number
                }
                self.message_user(request, text, messages.SUCCESS)
                return self._back(request, batch)
            else:
                before = find_line(batch, number)
                before.batch = batch
                form = LineForm(before, request.POST)
                if not form.is_valid():
                    self.message_user(request, form.errors.as_text(), messages.ERROR)
                    return self._back(request, batch)
                line = correct_line(
                    batch_id=batch.pk,
                    number=number,
                    cells=form.cells(),
                    actor=actor,
                    corrected_by=actor,
                    now=now,
                )
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
            return self._back(request, batch)
        self._tell(request, line)
        return self._back(request, batch)

    def _tell(self, request: HttpRequest, line: PayoutBatchLine) -> None:
        if line.status == LineStatus.INVALID:
            text = " ".join(sentence(one["code"], one["values"]) for one in line.problems)
            self.message_user(request, f"{line.number}: {text}", messages.WARNING)
            return
        words = {
            LineStatus.READY: _("Line %(number)s can be paid."),
            LineStatus.DROPPED: _("Line %(number)s is left out."),
        }
        text = words[LineStatus(line.status)] % {"number": line.number}
        self.message_user(request, text, messages.SUCCESS)

    def discard_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self._may_change(request):
            raise PermissionDenied
        batch = self._batch(request, batch_id)
        try:
            discard_batch(
                batch_id=batch.pk,
                actor=actor_of(request),
                source=StatusChange.Source.STAFF,
                now=database_clock.now(),
            )
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
        else:
            self.message_user(request, _("The batch is discarded."), messages.SUCCESS)
        return self._back(request, batch)

    def problems_view(
        self, request: HttpRequest, batch_id: UUID
    ) -> HttpResponse | StreamingHttpResponse:
        """What is wrong, as CSV: it holds what was written, so only for who may correct it."""
        if not self._may_change(request):
            raise PermissionDenied
        batch = self._batch(request, batch_id)
        response = StreamingHttpResponse(
            problem_rows(batch), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="{batch.public_id}-problems.csv"'
        return response

    def _batch(self, request: HttpRequest, batch_id: UUID) -> PayoutBatch:
        batch = self.get_queryset(request).select_related("merchant").filter(pk=batch_id).first()
        if batch is None:
            raise Http404
        return batch

    def _back(self, request: HttpRequest, batch: PayoutBatch) -> HttpResponse:
        page = reverse("admin:payout_batches_payoutbatch_change", args=[batch.pk])
        shown, after = request.POST.get("shown", ""), read_number(request.POST.get("after"))
        query = f"?lines={shown}&after={after}" if shown in [*LineStatus.values, "all"] else ""
        return redirect(f"{page}{query}#lines")
