from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.approvals.admin.asking import ReasonForm, WithEvidence, ask
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import (
    DayRangeFilter,
    read_uuid,
    show_label,
    show_mode,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.form_pages import show_buttons
from apps.core.money import grouped
from apps.core.public_ids import encode_id
from apps.core.staff_text import StaffText
from apps.core.table_files import csv_lines
from apps.ledger.rules.corrections import EVIDENCE_LENGTH_MAX
from apps.ledger.rules.postings import TransferKind
from apps.ledger.selectors.find_corrections import find_corrections
from apps.orchestration.admin.owners import MERCHANT, MerchantFilter
from apps.settlement.admin.shown import show_failure
from apps.settlement.admin.try_again_page import TriedAgain
from apps.settlement.models import Settlement, SettlementStatus
from apps.settlement.rules.reasons import reason_in_words
from apps.settlement.selectors.terms_in_force import terms_in_force
from apps.settlement.services.build_statement import KINDS, build_statement, statement_table
from apps.settlement.services.decide_settlement import (
    OF_TWO,
    Decision,
    decide_settlement,
    is_possible,
)
from apps.settlement.services.try_again import is_left_to_a_person

COLOURS = {
    SettlementStatus.WAITING: "info",
    SettlementStatus.ON_HOLD: "warning",
    SettlementStatus.FILED: "info",
    SettlementStatus.SENT: "info",
    SettlementStatus.PAID: "success",
    SettlementStatus.FAILED: "danger",
}
TITLES = {
    Decision.HOLD: _("Hold back"),
    Decision.RELEASE: _("Release: pay it after all"),
    Decision.RETURN: _("Do not pay: back to the balance"),
    Decision.CONFIRM_PAID: _("The bank has paid it"),
    Decision.CONFIRM_REJECTED: _("The bank has rejected it"),
    Decision.CONFIRM_PAID_AFTER_ALL: _("The bank has paid it after all"),
    Decision.CONFIRM_RETURNED: _("The money came back"),
}


class ReturnedForm(WithEvidence, ReasonForm):
    evidence = StaffText(
        label=_("reference of the bank"),
        max_length=EVIDENCE_LENGTH_MAX,
        help_text=_("Of the credit on our own account."),
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ["evidence", "file", "reason"]


@admin.register(Settlement)
class SettlementAdmin(TriedAgain):
    public_id_prefix = "set"
    list_display = [
        "number_and_time",
        MERCHANT,
        "money",
        "payee_shown",
        "mode",
        "status_and_reason",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("paid_by", ChoicesDropdownFilter),
        ("merchant", MerchantFilter),
        ("livemode", BooleanRadioFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["merchant"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, set_….")
    fields = [
        "public_id_shown", "number_shown", MERCHANT, "mode", "status_shown", "reason_shown",
        "period", "balances", "totals_shown", "money", "payee_shown", "payout_shown",
        "bank_said", "returned_shown", "files_shown", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(
                "<uuid:settlement_id>/decide/<slug:decision>/",
                view(self.decide_view),
                name="settlement_decide",
            ),
            path(
                "<uuid:settlement_id>/again/",
                view(self.try_again_view),
                name="settlement_settlement_again",
            ),
            path(
                "<uuid:settlement_id>/file/<str:kind>/",
                view(self.file_view),
                name="settlement_file",
            ),
        ]
        return [*own, *super().get_urls()]

    # --- What is done

    def decide_view(self, request: HttpRequest, settlement_id: Any, decision: str) -> HttpResponse:
        if decision not in Decision.values:
            raise Http404
        settlement = self._settlement(request, settlement_id)
        wanted = Decision(decision)
        is_returned = wanted == Decision.CONFIRM_RETURNED

        def act(said: dict[str, Any]) -> str:
            if wanted in OF_TWO:
                return _ask(request, settlement, wanted, said)
            moved = decide_settlement(
                settlement_id=settlement.pk,
                decision=wanted,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return f"{moved.full_number}: {moved.get_status_display()}"

        form_class = ReturnedForm if is_returned else ReasonForm
        return self.form_page(
            request,
            form_class(request.POST or None, request.FILES or None),
            act,
            title=TITLES[wanted],
            back=_page(settlement),
            facts=_facts(settlement, wanted),
        )

    def try_again_view(self, request: HttpRequest, settlement_id: Any) -> HttpResponse:
        settlement = self._settlement(request, settlement_id)
        return self.try_again_page(request, settlement, back=_page(settlement))

    def file_view(
        self, request: HttpRequest, settlement_id: Any, kind: str
    ) -> HttpResponse | StreamingHttpResponse:
        settlement = self._settlement(request, settlement_id)
        if kind not in KINDS:
            raise Http404
        if kind == "csv":
            # As long as it may be.
            response: Any = StreamingHttpResponse(
                csv_lines(statement_table(settlement)), content_type=KINDS[kind][1]
            )
            name = f"{settlement.public_id}.csv"
        else:
            try:
                file = build_statement(settlement, kind=kind, now=database_clock.now())
            except DomainError as refusal:
                self.message_user(request, show_refusal(refusal), "error")
                return redirect(_page(settlement))
            response = HttpResponse(file.content, content_type=file.content_type)
            name = file.name
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response  # type: ignore[no-any-return]

    def _settlement(self, request: HttpRequest, settlement_id: Any) -> Settlement:
        rows = self.get_queryset(request).select_related("merchant")
        settlement = rows.filter(pk=read_uuid(str(settlement_id))).first()
        if settlement is None or not self.has_view_permission(request):
            raise Http404
        return settlement  # type: ignore[no-any-return]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        # Whoever may not act sees no button.
        kwargs["obj"].may_act = self.may_act(request)
        context["title"] = kwargs["obj"].full_number
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    # --- Columns

    @display(description=_("number"))
    def number_and_time(self, settlement: Settlement) -> SafeString:
        return show_two(settlement.full_number, show_time(settlement.created_at))

    @display(description=_("id"))
    def public_id_shown(self, settlement: Settlement) -> str:
        return settlement.public_id

    @display(description=_("number"))
    def number_shown(self, settlement: Settlement) -> str:
        return settlement.full_number

    @display(description=_("mode"))
    def mode(self, settlement: Settlement) -> SafeString:
        return show_mode(settlement.livemode)

    @display(description=_("status"))
    def status_shown(self, settlement: Settlement) -> SafeString:
        colour = COLOURS.get(SettlementStatus(settlement.status), "")
        return show_label(settlement.get_status_display(), colour)

    @display(description=_("reason"))
    def reason_shown(self, settlement: Settlement) -> str:
        said = (
            reason_in_words(settlement.reason_code),
            settlement.reason,
            show_failure(settlement),
        )
        return " – ".join(one for one in said if one) or "–"

    @display(description=_("status"))
    def status_and_reason(self, settlement: Settlement) -> SafeString:
        status = self.status_shown(settlement)
        return show_two(status, reason_in_words(settlement.reason_code))

    @display(description=_("period"))
    def period(self, settlement: Settlement) -> str:
        zone = settlement.merchant.timezone
        # The first one has no beginning.
        start = show_time(settlement.period_start, zone) if settlement.period_start else "…"
        return f"{start} – {show_time(settlement.period_end, zone)}"

    @display(description=_("opening and closing balance"))
    def balances(self, settlement: Settlement) -> str:
        return " → ".join(
            show_money(amount, settlement.currency)
            for amount in (settlement.opening_balance, settlement.closing_balance)
        )

    @display(description=_("lines"))
    def totals_shown(self, settlement: Settlement) -> SafeString:
        return format_html_join(
            "",
            "<div>{} ({}) – {}</div>",
            (
                (
                    TransferKind(kind).label,
                    grouped(total["count"]),
                    show_money(total["amount"], settlement.currency),
                )
                for kind, total in settlement.totals.items()
            ),
        )

    @display(description=_("paid of it"))
    def money(self, settlement: Settlement) -> str:
        return show_money(settlement.amount, settlement.currency)

    @display(description=_("payee"))
    def payee_shown(self, settlement: Settlement) -> SafeString:
        return show_two(settlement.get_paid_by_display(), settlement.payee_masked)

    @display(description=_("payout or bank file"))
    def payout_shown(self, settlement: Settlement) -> str:
        if settlement.payout_id is not None:
            page = reverse("admin:payouts_payout_change", args=[settlement.payout_id])
            return _link(page, encode_id("po", settlement.payout_id))
        if settlement.bank_file_id is not None:
            page = reverse("admin:settlement_bankfile_change", args=[settlement.bank_file_id])
            return _link(page, encode_id("sbf", settlement.bank_file_id))
        return "–"

    @display(description=_("said by the bank"))
    def bank_said(self, settlement: Settlement) -> SafeString | str:
        shown = format_html_join(
            "",
            '<div><a href="{}">{}</a> {}</div>',
            (
                (
                    reverse("admin:settlement_bankanswer_change", args=[line.answer_id]),
                    f"{line.get_said_display()} {line.bank_code}".rstrip(),
                    line.get_contradiction_display(),
                )
                for line in settlement.bank_lines.order_by("id")
            ),
        )
        return shown or "–"

    @display(description=_("came back"))
    def returned_shown(self, settlement: Settlement) -> SafeString | str:
        found = find_corrections(of_source_id=settlement.pk)
        if not found:
            return "–"
        page = reverse("admin:ledger_correction_change", args=[found[0].pk])
        return show_two(_link(page, found[0].public_id), found[0].evidence)

    @display(description=_("files"))
    def files_shown(self, settlement: Settlement) -> SafeString | str:
        return show_buttons(
            (reverse("admin:settlement_file", args=[settlement.pk, kind]), kind) for kind in KINDS
        )

    @display(description=_("what can be done"))
    def acts_shown(self, settlement: Settlement) -> SafeString | str:
        if not getattr(settlement, "may_act", False):
            return "–"
        possible = [one for one in Decision if is_possible(settlement, one)]
        links: list[tuple[str, str | Promise]] = [
            (reverse("admin:settlement_decide", args=[settlement.pk, one]), TITLES[one])
            for one in possible
        ]
        if is_left_to_a_person(settlement):
            page = reverse("admin:settlement_settlement_again", args=[settlement.pk])
            links.append((page, _("Try again")))
        return show_buttons(links)


def _ask(
    request: HttpRequest, settlement: Settlement, wanted: Decision, said: dict[str, Any]
) -> str:
    if not request.user.has_perm("approvals.add_approvalrequest"):
        raise PermissionDenied
    payload: dict[str, Any] = {"settlement_id": str(settlement.pk)}
    if wanted == Decision.CONFIRM_RETURNED:
        payload |= {
            "amount": settlement.amount,
            "currency": settlement.currency,
            "evidence": said["evidence"],
        }
    else:
        payload["decision"] = wanted.value
    return ask(
        request,
        action="settlement.returned" if "evidence" in payload else "settlement.confirm",
        target=settlement.public_id,
        payload=payload,
        reason=said["reason"],
        evidence=said.get("file"),
    )


def _facts(settlement: Settlement, wanted: Decision) -> list[str]:
    """What is decided of; released, it goes to the payee of the terms that hold now."""
    payee = settlement.payee_masked
    if wanted == Decision.RELEASE:
        terms = terms_in_force(
            merchant_id=settlement.merchant_id,
            livemode=settlement.livemode,
            currency=settlement.currency,
            now=database_clock.now(),
        )
        payee = terms.payee_masked if terms else "–"
    return [
        f"{settlement.full_number}, {settlement.merchant.name}",
        show_money(settlement.amount, settlement.currency),
        f"{settlement.get_paid_by_display()}, {payee}",
    ]


def _page(settlement: Settlement) -> str:
    return reverse("admin:settlement_settlement_change", args=[settlement.pk])


def _link(page: str, text: Any) -> SafeString:
    return format_html('<a class="lomi-button" href="{}">{}</a>', page, text)
