from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.approvals.admin.asking import ReasonForm, WithEvidence, ask
from apps.audit.admin import actor_of, show_person
from apps.core import database_clock
from apps.core.admin import show_label, show_mode, show_money, show_time, show_two
from apps.core.form_pages import FormPages, show_buttons
from apps.core.money import EXPONENTS
from apps.settlement.models import BankAnswer, BankAnswerLine, BankAnswerStatus, Contradiction
from apps.settlement.selectors.bank_answer_facts import shown_of_answer
from apps.settlement.selectors.describe_bank_answer import describe_bank_answer
from apps.settlement.services.close_contradiction import close_contradiction
from apps.settlement.services.propose_return import propose_return

LINES_SHOWN = 500


class ProvenForm(WithEvidence, ReasonForm):
    field_order = ["file", "reason"]


@admin.register(BankAnswer)
class BankAnswerAdmin(FormPages):
    public_id_prefix = "sba"
    list_display = ["public_id_shown", "file_shown", "created", "mode", "status_shown"]
    list_filter = [("status", ChoicesDropdownFilter)]
    list_select_related = ["bank_file"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, sba_….")
    fields = [
        "public_id_shown", "status_shown", "file_shown", "mode", "message_id", "digest_shown",
        "created", "made_by", "approver", "applied", "lines_shown", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<uuid:answer_id>/ask/",
                self.admin_site.admin_view(self.ask_view),
                name="settlement_bankanswer_ask",
            ),
        ]
        return [*own, *super().get_urls()]

    def may_act(self, request: HttpRequest) -> bool:
        return may_book(request)

    def ask_view(self, request: HttpRequest, answer_id: Any) -> HttpResponse:
        answers = self.get_queryset(request).select_related("bank_file")
        answer = get_object_or_404(answers, pk=answer_id)
        return self.form_page(
            request,
            ReasonForm(request.POST or None),
            lambda said: ask_to_book(request, answer, said["reason"]),
            title=_("Ask a second person"),
            facts=describe_bank_answer(shown_of_answer(answer)),
            back=reverse("admin:settlement_bankanswer_change", args=[answer.pk]),
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        # Whoever may not act sees no button.
        kwargs["obj"].may_act = self.may_act(request)
        context["title"] = kwargs["obj"].public_id
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    @display(description=_("id"))
    def public_id_shown(self, answer: BankAnswer) -> str:
        return answer.public_id

    @display(description=_("bank file"))
    def file_shown(self, answer: BankAnswer) -> SafeString:
        return _file_link(answer)

    @display(description=_("mode"))
    def mode(self, answer: BankAnswer) -> SafeString:
        return show_mode(answer.bank_file.livemode)

    @display(description=_("status"))
    def status_shown(self, answer: BankAnswer) -> SafeString:
        return show_label(answer.get_status_display())

    @display(description=_("SHA-256"))
    def digest_shown(self, answer: BankAnswer) -> str:
        return bytes(answer.digest).hex()

    @display(description=_("read"))
    def created(self, answer: BankAnswer) -> str:
        return show_time(answer.created_at)

    @display(description=_("read by"))
    def made_by(self, answer: BankAnswer) -> str:
        return show_person(answer.created_by)

    @display(description=_("approved by"))
    def approver(self, answer: BankAnswer) -> str:
        return show_person(answer.approved_by)

    @display(description=_("booked"))
    def applied(self, answer: BankAnswer) -> str:
        return show_time(answer.applied_at)

    @display(description=_("bank transfers"))
    def lines_shown(self, answer: BankAnswer) -> SafeString:
        found = answer.lines.select_related("settlement__merchant").order_by("id")[:LINES_SHOWN]
        return format_html_join(
            "",
            "<div>{}, {} {}</div>",
            (
                (
                    transfer_shown(line),
                    f"{line.get_said_display()} {line.bank_code}".rstrip(),
                    show_label(line.get_contradiction_display(), "danger")
                    if line.contradiction
                    else "",
                )
                for line in found
            ),
        )

    @display(description=_("what can be done"))
    def acts_shown(self, answer: BankAnswer) -> SafeString | str:
        if answer.status != BankAnswerStatus.DRAFT or not getattr(answer, "may_act", False):
            return "–"
        page = reverse("admin:settlement_bankanswer_ask", args=[answer.pk])
        return show_buttons([(page, _("Ask a second person"))])


class SeenFilter(EmptyFieldListFilter):
    """Its own words: an empty time is one that nobody has seen to."""

    WORDS = (_("all"), _("not seen to"), _("seen to"))

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice, word in zip(super().choices(changelist), self.WORDS, strict=True):
            yield {**choice, "display": word}


@admin.register(BankAnswerLine)
class ContradictionAdmin(FormPages):
    """Of all that the bank said, what contradicts our books."""

    public_id_prefix = "sbl"
    list_display = ["what", "transfer", "said_shown", "created", "seen_shown"]
    list_filter = [("contradiction", ChoicesDropdownFilter), ("closed_at", SeenFilter)]
    list_select_related = ["settlement__merchant", "answer__bank_file"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, sbl_….")
    fields = [
        "public_id_shown", "transfer", "end_to_end_id", "said_shown", "what", "money", "file_shown",
        "created", "seen_shown", "note", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankAnswerLine]:
        found: QuerySet[BankAnswerLine] = super().get_queryset(request)
        return found.exclude(contradiction="")

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<uuid:line_id>/seen/",
                self.admin_site.admin_view(self.seen_view),
                name="settlement_bankanswerline_seen",
            ),
            path(
                "<uuid:line_id>/returned/",
                self.admin_site.admin_view(self.returned_view),
                name="settlement_bankanswerline_returned",
            ),
        ]
        return [*own, *super().get_urls()]

    def seen_view(self, request: HttpRequest, line_id: Any) -> HttpResponse:
        line = get_object_or_404(self.get_queryset(request), pk=line_id)

        def act(said: dict[str, Any]) -> str:
            close_contradiction(
                line_id=line.pk,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("It is seen to."))

        back = reverse("admin:settlement_bankanswerline_change", args=[line.pk])
        facts = [transfer_shown(line), line.get_contradiction_display()]
        return self.form_page(
            request,
            ReasonForm(request.POST or None),
            act,
            title=_("Say what was done"),
            back=back,
            facts=facts,
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        kwargs["obj"].may_act = self.may_act(request)
        context["title"] = kwargs["obj"].public_id
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def returned_view(self, request: HttpRequest, line_id: Any) -> HttpResponse:
        line = get_object_or_404(self.get_queryset(request), pk=line_id)
        if not may_book(request):
            raise PermissionDenied

        def act(said: dict[str, Any]) -> str:
            asked = propose_return(
                line_id=line.pk,
                reason=said["reason"],
                requested_by=cast(AbstractBaseUser, request.user),
                evidence=said["file"],
                now=database_clock.now(),
            )
            return str(_("%(id)s waits for a second person.") % {"id": asked.public_id})

        return self.form_page(
            request,
            ProvenForm(request.POST or None, request.FILES or None),
            act,
            title=_("The money came back"),
            button=_("Ask a second person"),
            back=reverse("admin:settlement_bankanswerline_change", args=[line.pk]),
            facts=[transfer_shown(line), line.get_contradiction_display()],
        )

    @display(description=_("id"))
    def public_id_shown(self, line: BankAnswerLine) -> str:
        return line.public_id

    @display(description=_("bank transfer"))
    def transfer(self, line: BankAnswerLine) -> SafeString:
        return transfer_shown(line)

    @display(description=_("the bank says"))
    def said_shown(self, line: BankAnswerLine) -> SafeString:
        return show_two(line.get_said_display(), line.bank_code)

    @display(description=_("contradiction"))
    def what(self, line: BankAnswerLine) -> str:
        return line.get_contradiction_display()

    @display(description=_("amount that the bank says"))
    def money(self, line: BankAnswerLine) -> str:
        if line.amount is None:
            return "–"
        if line.amount < 0 or line.currency not in EXPONENTS:
            return str(_("It cannot be read."))
        return show_money(line.amount, line.currency)

    @display(description=_("bank file"))
    def file_shown(self, line: BankAnswerLine) -> SafeString:
        return _file_link(line.answer)

    @display(description=_("read"))
    def created(self, line: BankAnswerLine) -> str:
        return show_time(line.created_at)

    @display(description=_("seen to"))
    def seen_shown(self, line: BankAnswerLine) -> SafeString:
        if line.closed_at is None:
            return show_label(_("not seen to"), "danger")
        return show_two(show_time(line.closed_at), show_person(line.closed_by))

    @display(description=_("what can be done"))
    def acts_shown(self, line: BankAnswerLine) -> SafeString | str:
        if line.closed_at is not None or not getattr(line, "may_act", False):
            return "–"
        links = [("seen", _("Say what was done"))]
        if line.contradiction == Contradiction.REJECTED_AFTER_PAID:
            links.insert(0, ("returned", _("The money came back")))
        return show_buttons(
            (reverse(f"admin:settlement_bankanswerline_{name}", args=[line.pk]), text)
            for name, text in links
        )


def may_book(request: HttpRequest) -> bool:
    return request.user.has_perms(["settlement.change_bankfile", "approvals.add_approvalrequest"])


def ask_to_book(request: HttpRequest, answer: BankAnswer, reason: str) -> str:
    """Ask a second person to book what the bank said; what was done, in words."""
    if not may_book(request):
        raise PermissionDenied
    return ask(
        request,
        action="settlement.bank_answer",
        target=answer.public_id,
        payload=shown_of_answer(answer),
        reason=reason,
    )


def transfer_shown(line: BankAnswerLine) -> SafeString:
    """The settlement, its merchant and amount; or what the bank wrote in its place."""
    one = line.settlement
    if one is None:
        return format_html("{}", line.end_to_end_id or "–")
    page = reverse("admin:settlement_settlement_change", args=[one.pk])
    text = f"{one.merchant.name}, {show_money(one.amount, one.currency)}"
    return format_html('<a href="{}">{}</a> {}', page, one.full_number, text)


def _file_link(answer: BankAnswer) -> SafeString:
    page = reverse("admin:settlement_bankfile_change", args=[answer.bank_file_id])
    return format_html('<a href="{}">{}</a>', page, answer.bank_file.public_id)
