from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.approvals.admin.asking import ReasonForm, ask
from apps.audit.admin import actor_of, show_person
from apps.core import database_clock
from apps.core.admin import (
    show_label,
    show_mode,
    show_money,
    show_refusal,
    show_time,
    show_two,
)
from apps.core.errors import DomainError
from apps.core.form_pages import Act, show_acts
from apps.core.money import grouped
from apps.core.visible_rows import sees_all
from apps.settlement.admin.account_statement import ModeForm, ReadsStatements, tell_answers
from apps.settlement.models import BankFile, BankFileStatus
from apps.settlement.rules.delivery import trouble
from apps.settlement.selectors.bank_door import has_bank_door
from apps.settlement.selectors.bank_file_facts import shown_of_file
from apps.settlement.selectors.describe_bank_file import describe_bank_file
from apps.settlement.services.build_bank_file import build_bank_file
from apps.settlement.services.download_bank_file import download_bank_file
from apps.settlement.services.move_bank_file import move_bank_file
from apps.settlement.services.order_delivery import order_delivery
from apps.settlement.services.read_bank_answer import read_bank_answer
from apps.settlement.services.stop_delivery import stop_delivery

ANSWER_BYTES_MAX = 5 * 1024 * 1024
TITLES = {
    "ask": _("Ask a second person"),
    "discard": _("Discard"),
    "download": _("Download"),
    "deliver": _("Deliver it to the bank’s server"),
    "stop": _("Stop the delivery"),
    "annul": _("Annul: the bank never had it"),
    "sent": _("The bank has it"),
    "answer": _("Read the bank’s answer"),
}
# What can be done at which step.
ACTS = {
    BankFileStatus.DRAFT: ("ask", "discard"),
    BankFileStatus.APPROVED: ("deliver", "download", "annul"),
    BankFileStatus.DOWNLOADED: ("download", "sent", "annul"),
    BankFileStatus.SENT: ("answer",),
    # The bank may have had it after all.
    BankFileStatus.ANNULLED: ("answer",),
}


class AnswerForm(ReasonForm):
    file = forms.FileField(
        label=_("answer of the bank (pain.002)"),
        widget=UnfoldAdminFileFieldWidget,
    )

    field_order = ["file", "reason"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > ANSWER_BYTES_MAX:
            raise forms.ValidationError(_("5 MB at most."))
        return file


@admin.register(BankFile)
class BankFileAdmin(ReadsStatements):
    public_id_prefix = "sbf"
    list_display = ["public_id_shown", "created", "count_shown", "money", "mode", "status_shown"]
    list_filter = [("status", ChoicesDropdownFilter), ("livemode", BooleanRadioFilter)]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, sbf_….")
    fields = [
        "public_id_shown", "status_shown", "mode", "count_shown", "money", "digest_shown",
        "created", "maker", "approver", "fetcher", "fetched", "delivered", "annulled",
        "settlements_shown", "answers_shown", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<uuid:file_id>/act/<slug:name>/",
                self.admin_site.admin_view(self.act_view),
                name="settlement_bank_file_act",
            ),
        ]
        return [*own, *super().get_urls()]

    # --- What is done

    def may_act(self, request: HttpRequest) -> bool:
        """A file and our account's statement are of all merchants: for who may see all of them."""
        may: bool = request.user.has_perms(
            ["settlement.change_bankfile", "approvals.add_approvalrequest"]
        )
        return may and sees_all(request.user, BankFile.objects.all())

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        def act(said: dict[str, Any]) -> str:
            file = build_bank_file(
                livemode=said["livemode"] == "live",
                currency=said["currency"],
                created_by=actor_of(request),
                now=database_clock.now(),
            )
            if file is None:
                return str(_("No file: all that waited are on hold now, each with its reason."))
            return str(_("%(id)s: ask a second person.") % {"id": file.public_id})

        back = reverse("admin:settlement_bankfile_changelist")
        title = _("New bank file of all that wait")
        return self.form_page(request, ModeForm(request.POST or None), act, title=title, back=back)

    def act_view(self, request: HttpRequest, file_id: Any, name: str) -> HttpResponse:
        file = get_object_or_404(self.get_queryset(request), pk=file_id)
        if name not in TITLES:
            raise Http404
        if not self.may_act(request):
            raise PermissionDenied
        back = reverse("admin:settlement_bankfile_change", args=[file.pk])
        if name == "download":
            return self._download(request, file, back)
        acts: dict[str, tuple[type[forms.Form], Act]] = {
            "ask": (ReasonForm, lambda said: _ask(request, file, "settlement.bank_file", said)),
            "annul": (ReasonForm, lambda said: _ask(request, file, "settlement.annul_file", said)),
            "discard": (
                ReasonForm,
                lambda said: _move(request, file, BankFileStatus.DISCARDED, said),
            ),
            "deliver": (forms.Form, lambda said: _deliver(request, file)),
            "stop": (ReasonForm, lambda said: _stop(request, file, said)),
            "sent": (ReasonForm, lambda said: _move(request, file, BankFileStatus.SENT, said)),
            "answer": (AnswerForm, lambda said: _answer(request, file, said)),
        }
        form_class, act = acts[name]
        facts = describe_bank_file(shown_of_file(file))
        form = form_class(request.POST or None, request.FILES or None)
        return self.form_page(request, form, act, title=TITLES[name], back=back, facts=facts)

    def _download(self, request: HttpRequest, file: BankFile, back: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            content = download_bank_file(
                file_id=file.pk, actor=actor_of(request), now=database_clock.now()
            )
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
            return redirect(back)
        response = HttpResponse(content, content_type="application/xml")
        response["Content-Disposition"] = f'attachment; filename="{file.public_id}.xml"'
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        # Whoever may not act sees no button.
        kwargs["obj"].request = request if self.may_act(request) else None
        context["title"] = kwargs["obj"].public_id
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    # --- Columns

    @display(description=_("id"))
    def public_id_shown(self, file: BankFile) -> str:
        return file.public_id

    @display(description=_("created"))
    def created(self, file: BankFile) -> str:
        return show_time(file.created_at)

    @display(description=_("made by"))
    def maker(self, file: BankFile) -> str:
        return show_person(file.created_by)

    @display(description=_("approved by"))
    def approver(self, file: BankFile) -> str:
        return show_person(file.approved_by)

    @display(description=_("downloaded by"))
    def fetcher(self, file: BankFile) -> str:
        return show_person(file.downloaded_by)

    @display(description=_("annulled by"))
    def annulled(self, file: BankFile) -> str:
        if not file.annulled_by:
            return "–"
        return f"{show_person(file.annulment_asked_by)}, {show_person(file.annulled_by)}"

    @display(description=_("last fetched"))
    def fetched(self, file: BankFile) -> str:
        return show_time(file.downloaded_at)

    @display(description=_("delivery to the bank"))
    def delivered(self, file: BankFile) -> SafeString | str:
        if file.delivered_to:
            return show_two(file.delivered_to, show_time(file.sent_at))
        if file.status != BankFileStatus.DELIVERING:
            return "–"
        failure = trouble(file.failure) if file.failure else ""
        if file.delivery_due_at is None:
            return show_two(_("It waits for a person."), failure)
        due = _("Next at %(time)s") % {"time": show_time(file.delivery_due_at)}
        return show_two(due, failure)

    @display(description=_("bank transfers"))
    def count_shown(self, file: BankFile) -> str:
        return grouped(file.count)

    @display(description=_("amount"))
    def money(self, file: BankFile) -> str:
        return show_money(file.amount, file.currency)

    @display(description=_("mode"))
    def mode(self, file: BankFile) -> SafeString:
        return show_mode(file.livemode)

    @display(description=_("status"))
    def status_shown(self, file: BankFile) -> SafeString:
        return show_label(file.get_status_display())

    @display(description=_("SHA-256"))
    def digest_shown(self, file: BankFile) -> str:
        return bytes(file.digest).hex()

    @display(description=_("settlements"))
    def settlements_shown(self, file: BankFile) -> SafeString:
        found = file.settlements.select_related("merchant").order_by("id")
        return format_html_join(
            "",
            '<div><a href="{}">{}</a> {}, {}, {}</div>',
            (
                (
                    reverse("admin:settlement_settlement_change", args=[one.pk]),
                    one.full_number,
                    one.merchant.name,
                    show_money(one.amount, one.currency),
                    one.get_status_display(),
                )
                for one in found
            ),
        )

    @display(description=_("answers of the bank"))
    def answers_shown(self, file: BankFile) -> SafeString | str:
        shown = format_html_join(
            "",
            '<div><a href="{}">{}</a> {}, {}</div>',
            (
                (
                    reverse("admin:settlement_bankanswer_change", args=[one.pk]),
                    one.public_id,
                    show_time(one.created_at),
                    one.get_status_display(),
                )
                for one in file.answers.order_by("id")
            ),
        )
        return shown or "–"

    @display(description=_("what can be done"))
    def acts_shown(self, file: BankFile) -> SafeString | str:
        if getattr(file, "request", None) is None:
            return "–"
        buttons = []
        for name in acts_of(file):
            page = reverse("admin:settlement_bank_file_act", args=[file.pk, name])
            button = (
                '<button class="lomi-button" formmethod="post" formaction="{}">{}</button>'
                if name == "download"
                else '<a class="lomi-button" href="{}">{}</a>'
            )
            buttons.append(format_html(button, page, TITLES[name]))
        return show_acts(buttons)


def acts_of(file: BankFile) -> tuple[str, ...]:
    """What can be done with it as it stands."""
    acts = ACTS.get(BankFileStatus(file.status), ())
    if file.status == BankFileStatus.DELIVERING:
        if file.delivery_due_at is not None:
            return ("stop",)
        # Never by a worker again where the bank may have it, and by no hand where it cannot.
        return ("sent", "annul") if file.handed_at is not None else ("deliver", "stop")
    if not has_bank_door(livemode=file.livemode, currency=file.currency):
        return tuple(name for name in acts if name != "deliver")
    return acts


def _deliver(request: HttpRequest, file: BankFile) -> str:
    ordered = order_delivery(file_id=file.pk, actor=actor_of(request), now=database_clock.now())
    return str(_("%(id)s: a worker puts it on the bank’s server.") % {"id": ordered.public_id})


def _stop(request: HttpRequest, file: BankFile, said: dict[str, Any]) -> str:
    stopped = stop_delivery(
        file_id=file.pk, reason=said["reason"], actor=actor_of(request), now=database_clock.now()
    )
    return f"{stopped.public_id}: {stopped.get_status_display()}"


def _ask(request: HttpRequest, file: BankFile, action: str, said: dict[str, Any]) -> str:
    return ask(
        request,
        action=action,
        target=file.public_id,
        payload=shown_of_file(file),
        reason=said["reason"],
    )


def _move(request: HttpRequest, file: BankFile, to: BankFileStatus, said: dict[str, Any]) -> str:
    moved = move_bank_file(
        file_id=file.pk,
        to=to,
        reason=said["reason"],
        actor=actor_of(request),
        now=database_clock.now(),
    )
    return f"{moved.public_id}: {moved.get_status_display()}"


def _answer(request: HttpRequest, file: BankFile, said: dict[str, Any]) -> str:
    read = read_bank_answer(
        file_id=file.pk, answer=said["file"], actor=actor_of(request), now=database_clock.now()
    )
    return " ".join(tell_answers(request, [read], said["reason"]))
