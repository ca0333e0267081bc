"""What is done from the desk: each act shows what it is about, asks why, and does it once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.approvals.services.request_approval import request_approval
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, read_uuid, show_money, show_refusal
from apps.core.errors import DomainError
from apps.core.money import EXPONENTS
from apps.core.visible_rows import visible_rows
from apps.orchestration.models import Attempt
from apps.reconciliation.admin import match_attempt
from apps.reconciliation.admin.cells import shown_money
from apps.reconciliation.admin.desk_forms import (
    CorrectForm,
    ExpectForm,
    MatchForm,
    ProvenLine,
    ReasonLine,
)
from apps.reconciliation.admin.desk_payloads import (
    correct_payload,
    match_payload,
    merchant_of,
    write_off_payload,
)
from apps.reconciliation.models import Discrepancy, SavedView
from apps.reconciliation.selectors.read_sides import find_candidates
from apps.reconciliation.services.ask_about import ask_about
from apps.reconciliation.services.comment_discrepancy import comment_discrepancy
from apps.reconciliation.services.decide_together import TOGETHER_MAX, Together, decide_together
from apps.reconciliation.services.expect_later import expect_later
from apps.reconciliation.services.match_by_hand import amount_of
from apps.reconciliation.services.resolve_discrepancy import resolve_discrepancy
from apps.reconciliation.services.save_view import save_view
from apps.reconciliation.services.take_discrepancy import take_discrepancy
from apps.reconciliation.services.undo_decision import undo_decision


@dataclass(frozen=True, slots=True)
class Act:
    """A button of the desk and its key. `is_asked`: a second person approves it."""

    name: str
    key: str
    title: str | Promise
    is_asked: bool = False


ACTS = (
    Act("resolve", "r", gettext_lazy("Resolve")),
    Act("expect", "e", gettext_lazy("Expect later")),
    Act("ask", "a", gettext_lazy("Ask the provider")),
    Act("match", "m", gettext_lazy("Match by hand"), is_asked=True),
    Act("write_off", "w", gettext_lazy("Write off"), is_asked=True),
    Act("correct", "l", gettext_lazy("Correct the ledger"), is_asked=True),
    Act("take", "o", gettext_lazy("Take over")),
    Act("comment", "c", gettext_lazy("Write a comment")),
)
TITLES = {one.name: one.title for one in ACTS}
ASKED = {one.name for one in ACTS if one.is_asked}
# Of one only.
OF_ONE = {"match", "correct", "comment"}
PAYLOADS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "match": match_payload,
    "write_off": write_off_payload,
    "correct": correct_payload,
}
# The keyword by which each service is told who decides.
SERVICES: Mapping[str, tuple[Callable[..., Any], str]] = {
    "resolve": (resolve_discrepancy, "resolved_by"),
    "expect": (expect_later, "decided_by"),
    "ask": (ask_about, "decided_by"),
    "take": (take_discrepancy, "taken_by"),
}


class DeskActs(ReadOnlyAdmin):
    """`change` of discrepancies: who may decide. What two people decide needs the right to ask."""

    # They move no money, and can be undone.
    actions_without_step_up = ("resolve", "expect", "ask", "take", "comment", "undo", "view")

    def may_decide(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reconciliation.change_discrepancy")

    def desk_act_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """`d`: what it is about, each "<id>.<sequence>", as the list showed it."""
        if act == "view":
            return self._save_view(request)
        is_allowed = self.has_view_permission(request) and self.may_decide(request)
        if act in ASKED:
            is_allowed = is_allowed and request.user.has_perm("approvals.add_approvalrequest")
        if not is_allowed:
            raise PermissionDenied
        if request.method == "POST" and request.POST.get("action") != act:
            return HttpResponse(status=400)
        if act == "undo":
            return self._undo(request)
        if act not in TITLES:
            raise Http404
        source = request.POST if request.method == "POST" else request.GET
        shown = _read_shown(source)
        rows = list(
            self.get_queryset(request)
            .filter(pk__in=shown)
            .select_related("provider_account", "statement", "line__statement")
            .order_by("id")
        )
        if not rows or (act in OF_ONE and len(rows) > 1):
            messages.error(
                request,
                _("Choose one discrepancy.") if act in OF_ONE else _("Choose what it is about."),
            )
            return redirect(self._back(source))
        is_sent = "reason" in request.POST or act == "take"
        data = _with_candidates(request.POST) if is_sent else None
        if act == "match" and match_attempt.is_of_attempt(rows[0]):
            form: forms.Form = match_attempt.MatchAttemptForm(data)
        else:
            form = _form(act, data, request.FILES or None, rows[0], request.user)
        if request.method == "POST" and form.is_valid():
            try:
                self._do(request, act, rows, shown, form.cleaned_data)
            except DomainError as refusal:
                form.add_error(None, show_refusal(refusal))
            else:
                return redirect(self._back(source))
        return self._form_page(request, act, rows, shown, form)

    def _do(
        self,
        request: HttpRequest,
        act: str,
        rows: list[Discrepancy],
        shown: Mapping[UUID, int],
        values: Mapping[str, Any],
    ) -> None:
        person: Any = request.user
        now = database_clock.now()
        if act == "comment":
            comment_discrepancy(
                discrepancy_id=rows[0].pk, text=values["reason"], written_by=person, now=now
            )
            messages.success(request, _("The comment is kept."))
        elif act in ASKED:
            rows = _unchanged(request, rows, shown)
            target = rows[0]
            if act == "match" and match_attempt.is_of_attempt(target):
                target, payload = match_attempt.line_payload(person, target, values)
            else:
                payload = PAYLOADS[act](person, rows, shown, values)
            asked = request_approval(
                action=f"discrepancy.{act}",
                target=target.public_id,
                payload=payload,
                reason=values["reason"],
                requested_by=person,
                now=now,
                evidence=values.get("file"),
            )
            text = _("%(id)s waits for another person's approval.")
            messages.success(request, text % {"id": asked.public_id})
        else:
            service, who = SERVICES[act]
            given = {name: value for name, value in values.items() if value is not None}
            done = decide_together(
                service,
                shown={row.pk: shown[row.pk] for row in rows},
                **{who: person, "now": now, **given},
            )
            _tell(request, done, {row.pk: row.public_id for row in rows})

    def _form_page(
        self,
        request: HttpRequest,
        act: str,
        rows: list[Discrepancy],
        shown: Mapping[UUID, int],
        form: forms.Form,
    ) -> HttpResponse:
        source = request.POST if request.method == "POST" else request.GET
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": TITLES[act],
            "form": form,
            "media": self.media + form.media,
            "action": act,
            "rows": [
                {
                    "key": f"{row.pk}.{shown[row.pk]}",
                    "public_id": row.public_id,
                    "kind": row.get_kind_display(),
                    "account": row.provider_account,
                    "ours": shown_money(row.our_amount, row.currency),
                    "theirs": shown_money(row.their_amount, row.currency),
                    "value": shown_money(row.value_at_risk, row.currency),
                    "is_changed": row.sequence != shown[row.pk]
                    or row.status != Discrepancy.Status.OPEN,
                }
                for row in rows
            ],
            "sums": _sums(rows),
            "candidates": _candidates(request.user, rows[0], source.getlist("candidate"))
            if act == "match"
            else [],
            "is_of_attempt": act == "match" and match_attempt.is_of_attempt(rows[0]),
            "is_asked": act in ASKED,
            "back": source.get("back", "")[:400],
            "back_url": self._back(source),
        }
        return TemplateResponse(request, "reconciliation/desk_act.html", context)

    def _undo(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        person: Any = request.user
        decision_id = read_uuid(request.POST.get("decision", ""))
        if decision_id is None:
            raise Http404
        decided = Discrepancy.objects.filter(events__decision_id=decision_id)
        # Of what her roles hide she undoes nothing.
        if decided.exclude(pk__in=self.get_queryset(request).values("pk")).exists():
            raise Http404
        try:
            count = undo_decision(
                decision_id=decision_id, undone_by=person, now=database_clock.now()
            )
        except DomainError as refusal:
            messages.error(request, show_refusal(refusal))
        else:
            text = ngettext(
                "%d discrepancy is as it was before.", "%d discrepancies are as before.", count
            )
            messages.success(request, text % count)
        return redirect(self._back(request.POST))

    def _save_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST" or request.POST.get("action") != "view":
            return HttpResponseNotAllowed(["POST"])
        person: Any = request.user
        if remove := request.POST.get("remove"):
            SavedView.objects.filter(person_id=person.pk, name=remove).delete()
            return redirect(self._back(request.POST))
        try:
            save_view(
                person=person,
                name=request.POST.get("name", ""),
                query=request.POST.get("back", ""),
            )
        except DomainError as refusal:
            messages.error(request, show_refusal(refusal))
        else:
            messages.success(request, _("The view is kept."))
        return redirect(self._back(request.POST))

    def _back(self, source: QueryDict) -> str:
        """The list as it was left: its own filters, and nothing else."""
        kept = QueryDict(source.get("back", "")[:400])
        found = QueryDict(mutable=True)
        for name in ("show", "kind", "account", "currency", "order", "after"):
            if value := kept.get(name):
                found[name] = value
        query = found.urlencode()
        return reverse("admin:reconciliation_desk") + (f"?{query}" if query else "")


def _read_shown(source: QueryDict) -> dict[UUID, int]:
    found = {}
    for text in source.getlist("d")[:TOGETHER_MAX]:
        pk, _dot, sequence = text.partition(".")
        if sequence.isdecimal() and len(sequence) < 10:
            try:
                found[UUID(pk)] = int(sequence)
            except ValueError:
                continue
    return found


def _form(act: str, data: Any, files: Any, row: Discrepancy, user: Any) -> forms.Form:
    if act == "expect":
        return ExpectForm(data, today=database_clock.now().date())
    if act == "match":
        return MatchForm(data)
    if act == "correct":
        return CorrectForm(data, files, merchant=merchant_of(row), user=user)
    if act == "write_off":
        return ProvenLine(data, files)
    return forms.Form(data) if act == "take" else ReasonLine(data)


def _with_candidates(sent: QueryDict) -> QueryDict:
    """What was ticked is as what was typed."""
    found = sent.copy()
    for name in ("attempts", "line"):
        found[name] = " ".join([sent.get(name, ""), *sent.getlist("candidate")]).strip()
    return found


def _sums(rows: Iterable[Discrepancy]) -> list[str]:
    totals: dict[str, int] = {}
    for row in rows:
        if row.currency in EXPONENTS:
            totals[row.currency] = totals.get(row.currency, 0) + row.value_at_risk
    return [show_money(total, currency) for currency, total in sorted(totals.items())]


def _candidates(reader: Any, row: Discrepancy, ticked: list[str]) -> list[dict[str, Any]]:
    if match_attempt.is_of_attempt(row):
        return match_attempt.candidate_lines(reader, row, ticked)
    found = {one.pk: one for one in find_candidates(row)}
    seen = visible_rows(reader, Attempt.objects.filter(pk__in=found)).values_list("pk", flat=True)
    line = row.line
    if line is None:
        return []
    allowed = set(seen)
    return [
        {
            "public_id": one.public_id,
            "owner": one.owner.public_id,
            "is_ticked": one.public_id in ticked,
            "amount": show_money(amount_of(one), line.currency),
            "difference": show_money(abs(line.amount or 0) - amount_of(one), line.currency),
        }
        for one in found.values()
        if one.pk in allowed
    ]


def _unchanged(
    request: HttpRequest, rows: list[Discrepancy], shown: Mapping[UUID, int]
) -> list[Discrepancy]:
    """Those that are as they were shown; the others are named, and left out. All, if none is: then
    the act itself refuses them."""
    kept = [
        row
        for row in rows
        if row.sequence == shown[row.pk] and row.status == Discrepancy.Status.OPEN
    ]
    if not kept:
        return rows
    for row in rows:
        if row not in kept:
            text = _("Left out: %(id)s. %(why)s")
            why = _("This discrepancy is not what was shown. Look at it again.")
            messages.warning(request, text % {"id": row.public_id, "why": why})
    return kept


def _tell(request: HttpRequest, done: Together, ids: Mapping[UUID, str]) -> None:
    if done.done:
        text = ngettext("Done for %d discrepancy.", "Done for %d discrepancies.", done.done)
        messages.success(request, text % done.done)
    for pk, refusal in list(done.left_out.items())[:5]:
        messages.warning(
            request,
            _("Left out: %(id)s. %(why)s") % {"id": ids[pk], "why": show_refusal(refusal)},
        )
    if len(done.left_out) > 5:
        messages.warning(request, _("Left out in all: %(count)s.") % {"count": len(done.left_out)})
