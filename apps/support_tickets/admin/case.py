"""What the case of a ticket is, beside its conversation, and the next right thing as a button."""

from __future__ import annotations

import contextlib
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.admin import LIST_ZONE, show_label, show_refusal, show_time
from apps.core.errors import DomainError
from apps.orchestration.admin.timeline import ShownEntry, shown_timeline
from apps.support_tickets.admin.desk import author_of
from apps.support_tickets.admin.forms import AnswerForm
from apps.support_tickets.admin.shown import CLOCK_COLOURS
from apps.support_tickets.admin.ticket_page import TicketPage, number_of
from apps.support_tickets.models import ClockState, RequesterKind, Ticket, TicketClock
from apps.support_tickets.rules.articles import articles_of_case, shown_articles
from apps.support_tickets.rules.situations import NextAction
from apps.support_tickets.selectors.read_case import Case, Voice, read_case
from apps.support_tickets.services.act_on_case import act_on_case

# What the requester is told; staff among themselves speak as agents.
VOICES = {
    RequesterKind.PAYER: Voice.PAYER,
    RequesterKind.MERCHANT: Voice.MERCHANT,
    RequesterKind.STAFF: Voice.AGENT,
}
# What is done from the ticket, and who may: the rights of the page that it comes from.
BUTTONS = {
    NextAction.ASK_PROVIDER: ("ask_provider", _("Ask the provider what became of it")),
    NextAction.SEND_WEBHOOKS_AGAIN: ("send_webhooks_again", _("Send the webhooks again")),
}


class CasePage(TicketPage):
    actions = [*TicketPage.actions, "ask_provider", "send_webhooks_again", "insert_sentence"]
    actions_without_step_up = actions

    # --- Actions

    @admin.action(description=_("Ask the provider what became of it"), permissions=["work"])
    def ask_provider(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> HttpResponse | None:
        return self._act(request, queryset, NextAction.ASK_PROVIDER)

    @admin.action(description=_("Send the webhooks again"), permissions=["work"])
    def send_webhooks_again(
        self, request: HttpRequest, queryset: QuerySet[Ticket]
    ) -> HttpResponse | None:
        return self._act(request, queryset, NextAction.SEND_WEBHOOKS_AGAIN)

    @admin.action(description=_("Insert the sentence of the case"), permissions=["work"])
    def insert_sentence(
        self, request: HttpRequest, queryset: QuerySet[Ticket]
    ) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        case = case_of(ticket)
        draft = AnswerForm(
            initial={"body": sentence_for(ticket, case) if case else "", "seen": ticket.sequence}
        )
        return self.show_page(request, ticket, answer_form=draft)

    def _act(
        self, request: HttpRequest, queryset: QuerySet[Ticket], action: NextAction
    ) -> HttpResponse | None:
        ticket = self._one(request, queryset)
        if ticket is None:
            return None
        case = case_of(ticket)
        if case is None or not may_act(request.user, case, action):
            self.message_user(request, _("You may not do this."), messages.ERROR)
            return self._to_page(ticket)
        try:
            after = act_on_case(
                ticket_id=ticket.pk, action=action, author=author_of(request), now=timezone.now()
            )
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.WARNING)
            return self._to_page(ticket)
        self.message_user(
            request,
            _("Done. The case is now: %(case)s.") % {"case": after.situation.title},
            messages.SUCCESS,
        )
        return self._to_page(ticket)

    # --- The page

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        ticket: Ticket = kwargs["obj"]
        context["clocks"] = shown_clocks(ticket)
        case = case_of(ticket)
        if case is not None:
            language = "en" if get_language() == "en" else "fr"
            context |= {
                "case": case,
                "case_sentence": case.sentence(Voice.AGENT, language),
                "case_steps": case.steps(language),
                "case_expected": case.expected(language),
                "case_answer": sentence_for(ticket, case),
                "case_button": _button(request, case),
                "case_links": [
                    link
                    for action in (case.action, case.situation.otherwise)
                    if (link := _link(request, case, action)) is not None
                ],
                "case_articles": [
                    (shown_articles(language)[one.slug], ticket.language)
                    for one in articles_of_case(case.code, case.failure_code)
                ],
                "timeline": timeline_of(ticket, case, reader=request.user),
            }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response


def case_of(ticket: Ticket) -> Case | None:
    if ticket.about_id is None:
        return None
    return read_case(ticket.about_type, ticket.about_id, category=ticket.category)


def sentence_for(ticket: Ticket, case: Case) -> str:
    """What its requester is told, in the requester's language."""
    return case.sentence(VOICES[RequesterKind(ticket.requester_kind)], ticket.language)


def may_act(user: Any, case: Case, action: NextAction) -> bool:
    """Whoever may do it on the page of the payment, refund or payout itself."""
    if action == NextAction.SEND_WEBHOOKS_AGAIN:
        return bool(user.has_perm("webhooks.change_delivery"))
    meta = case.subject._meta
    return bool(user.has_perm(f"{meta.app_label}.change_{meta.model_name}"))


def timeline_of(ticket: Ticket, case: Case, *, reader: Any) -> list[ShownEntry]:
    """All that happened to what the ticket is about."""
    owner = case.owner
    statuses = dict(owner._meta.get_field("status").choices)
    what = str(owner._meta.verbose_name).capitalize()

    def moved(status: str, source: str) -> str:
        return _("%(what)s: %(status)s (%(source)s)") % {
            "what": what,
            "status": statuses.get(status, status),
            "source": source,
        }

    return shown_timeline(
        owner.pk,
        list(owner.attempts.select_related("provider_account").order_by("id")),
        msisdn=number_of(ticket),
        currency=owner.currency,
        moved=moved,
        reader=reader,
    )


def shown_clocks(ticket: Ticket) -> list[tuple[str, Any, str]]:
    """What each promised time is, its state as a label, and when it is or was due."""
    zone = ticket.merchant.timezone if ticket.merchant else "UTC"
    clocks = TicketClock.objects.filter(ticket=ticket).order_by("kind")
    return [
        (
            str(clock.get_kind_display()),
            show_label(clock.get_state_display(), clock_colour(clock)),
            show_time(clock.due_at, zone) if clock.state != ClockState.PAUSED else "",
        )
        for clock in clocks
    ]


def next_clock(ticket: Ticket) -> TicketClock | None:
    """Of what is not done, the clock that is due first; one that stands is due last."""
    waiting = [clock for clock in ticket.clocks.all() if clock.ended_at is None]
    if ticket.is_done or not waiting:
        return None
    return min(waiting, key=lambda clock: (clock.due_at is None, clock.due_at or clock.created_at))


def due_label(clock: TicketClock) -> str:
    """When it is due, in the zone of lists and the colour of its state."""
    text = str(clock.get_state_display())
    if clock.due_at is not None:
        local = clock.due_at.astimezone(ZoneInfo(LIST_ZONE))
        text = f"{date_format(local, 'j N')} {local:%H:%M}".replace(" ", "\u00a0")
    return show_label(text, clock_colour(clock))


def clock_colour(clock: TicketClock) -> str:
    if clock.state == ClockState.RUNNING and clock.warned_at is not None:
        return "warning"
    return CLOCK_COLOURS[ClockState(clock.state)]


def _button(request: HttpRequest, case: Case) -> tuple[str, Any] | None:
    """The action that is one click here, for who may."""
    is_button = case.action in BUTTONS and may_act(request.user, case, case.action)
    return BUTTONS[case.action] if is_button else None


def _link(request: HttpRequest, case: Case, action: NextAction | None) -> tuple[str, Any] | None:
    """The page on which it is done, for who may."""
    user: Any = request.user
    if action == NextAction.PROPOSE_REFUND and user.has_perm("refunds.add_refund"):
        address = reverse("admin:refunds_refund_add")
        return f"{address}?payment={_payment_of(case).public_id}", _("Refund")
    if action == NextAction.OPEN_DISPUTE and user.has_perm("disputes.add_dispute"):
        # Where staff open none there is no such page.
        with contextlib.suppress(NoReverseMatch):
            address = reverse("admin:disputes_dispute_add")
            return f"{address}?payment={_payment_of(case).public_id}", _("Open a dispute")
    if (
        action == NextAction.READ_DISPUTE
        and case.dispute_id is not None
        and user.has_perm("disputes.view_dispute")
    ):
        return reverse("staff-dispute", args=[case.dispute_id]), _("Open the dispute")
    if action != NextAction.DECIDE_ATTEMPT:
        return None
    if case.undecided_attempt is not None and user.has_perm("orchestration.view_attempt"):
        page = "admin:orchestration_attempt_change"
        return reverse(page, args=[case.undecided_attempt.pk]), _("Open the attempt")
    if case.discrepancy_id is not None and user.has_perm("reconciliation.view_discrepancy"):
        page = "admin:reconciliation_discrepancy_change"
        return reverse(page, args=[case.discrepancy_id]), _("Open the discrepancy")
    return None


def _payment_of(case: Case) -> Any:
    return case.subject.payment if case.subject_type == "refund" else case.owner
