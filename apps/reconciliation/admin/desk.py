"""Finance's desk: the list of what is open, both sides of one beside each other, and the keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.approvals.admin.shown import waiting_cards
from apps.approvals.selectors.pending_for import pending_for
from apps.core import database_clock
from apps.core.admin import read_uuid, show_money, show_time
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.core.visible_rows import visible_rows
from apps.orchestration.rules.owners import owner_of
from apps.providers.models import ProviderAccount
from apps.reconciliation.admin.cells import shown_money
from apps.reconciliation.admin.desk_acts import ACTS, DeskActs
from apps.reconciliation.admin.desk_history import shown_events
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent, SavedView
from apps.reconciliation.rules.shown_detail import shown_detail
from apps.reconciliation.selectors.read_sides import Sides, read_sides
from apps.reconciliation.selectors.worklist import (
    SUMMED_MAX,
    page_of,
    read_wanted,
    sums_of,
    worklist,
)
from apps.reconciliation.services.undo_decision import UNDOABLE

FILTERS = ("show", "kind", "account", "currency", "order")
# Attempts of these are decided by two people, on the page of attempts.
DECIDED_THERE = (
    Discrepancy.Kind.STATUS_DIFFERS,
    Discrepancy.Kind.CONTRADICTION,
    Discrepancy.Kind.AMOUNT_DIFFERS,
)


class Desk(DeskActs):
    """The pages of the desk, beside the list of discrepancies."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("desk/", view(self.desk_view), name="reconciliation_desk"),
            path("desk/act/<slug:act>/", view(self.desk_act_view), name="reconciliation_desk_act"),
            path("desk/undo/", view(self.desk_act_view), {"act": "undo"}, "reconciliation_undo"),
            path("desk/views/", view(self.desk_act_view), {"act": "view"}, "reconciliation_views"),
            path(
                "desk/<uuid:discrepancy_id>/", view(self.desk_row_view), name="reconciliation_row"
            ),
        ]
        return [*own, *super().get_urls()]

    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """`?show=&kind=&account=&currency=&order=`; `row`: which one is open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = read_wanted(request.GET)
        now = database_clock.now()
        person: Any = request.user
        listed = worklist(self.get_queryset(request), wanted, person_id=person.pk, today=now.date())
        rows, after = page_of(listed, wanted)
        sums, is_partial = sums_of(listed)
        kept = {name: value for name in FILTERS if (value := request.GET.get(name, ""))}
        chosen = self._chosen(request, rows)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Discrepancies to settle"),
            "rows": [_shown_row(one, now) for one in rows],
            "chosen": chosen,
            "pane": self._pane(request, chosen) if chosen else None,
            "sums": [
                (
                    one.count,
                    one.currency,
                    shown_money(one.lost, one.currency),
                    shown_money(-one.owed, one.currency),
                )
                for one in sums
            ],
            "is_partial": is_partial,
            "summed_max": SUMMED_MAX,
            "wanted": wanted,
            "kinds": Discrepancy.Kind.choices,
            "shows": [
                ("", _("open")),
                ("mine", _("mine")),
                ("nobody", _("nobody’s")),
                ("expected", _("expected later")),
            ],
            "accounts": [
                (one.public_id, str(one))
                for one in visible_rows(person, ProviderAccount.objects.order_by("label", "pk"))
            ],
            "account": request.GET.get("account", ""),
            "query": urlencode(kept),
            "next_query": urlencode({**kept, "after": after}) if after else "",
            "is_first": not wanted.after,
            "views": SavedView.objects.filter(person_id=person.pk).order_by("name"),
            "acts": ACTS if self.may_decide(request) else [],
            "may_decide": self.may_decide(request),
            "undo": _undo_of(person.pk),
        }
        return TemplateResponse(request, "reconciliation/desk.html", context)

    def desk_row_view(self, request: HttpRequest, discrepancy_id: UUID) -> HttpResponse:
        """Both sides of one, for the page that is open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self._read(request, discrepancy_id)
        if row is None:
            raise Http404
        return TemplateResponse(request, "reconciliation/desk_row.html", self._pane(request, row))

    def _read(self, request: HttpRequest, pk: UUID) -> Discrepancy | None:
        rows = self.get_queryset(request).select_related(
            "provider_account", "statement", "line__statement", "owner"
        )
        return rows.filter(pk=pk).first()

    def _chosen(self, request: HttpRequest, rows: list[Discrepancy]) -> Discrepancy | None:
        wanted = read_uuid(request.GET.get("row", ""))
        if wanted is None and rows:
            wanted = rows[0].pk
        return self._read(request, wanted) if wanted else None

    def _pane(self, request: HttpRequest, row: Discrepancy) -> dict[str, Any]:
        sides = read_sides(row)
        now = database_clock.now()
        may_ask = self.may_decide(request) and request.user.has_perm(
            "approvals.add_approvalrequest"
        )
        is_open = row.status == Discrepancy.Status.OPEN
        return {
            "request": request,
            "row": _shown_row(row, now),
            "discrepancy": row,
            "line": _shown_line(row),
            "ours": _shown_attempt(sides),
            "events": shown_events(sides.events),
            "approvals": waiting_cards(request, pending_for(row.public_id)),
            "tickets": _tickets_of(row, request.user),
            "ticket_url": _ticket_url(row)
            if request.user.has_perm("support_tickets.add_ticket")
            else "",
            "may_decide": self.may_decide(request),
            "may_book": is_open
            and may_ask
            and row.attempt_id is not None
            and row.kind in DECIDED_THERE
            and request.user.has_perm("orchestration.view_attempt"),
        }


def _shown_row(row: Discrepancy, now: datetime) -> dict[str, Any]:
    """One row of the list in words; a query for none of it."""
    is_known = row.currency in EXPONENTS and row.value_at_risk
    line = row.line
    return {
        "pk": row.pk,
        "key": f"{row.pk}.{row.sequence}",
        "public_id": row.public_id,
        "kind": row.get_kind_display(),
        "account": row.provider_account,
        "reference": (line.provider_reference or line.reference) if line else "",
        "ours": shown_money(row.our_amount, row.currency),
        "theirs": shown_money(row.their_amount, row.currency),
        "value": show_money(abs(row.value_at_risk), row.currency) if is_known else "–",
        "is_loss": row.value_at_risk > 0,
        "is_owed": row.value_at_risk < 0,
        "days": (now - row.opened_at).days,
        "owner": row.owner,
        "until": row.expected_until,
        "day": row.day or (row.statement.day if row.statement else None),
        "status": row.get_status_display(),
        "is_open": row.status == Discrepancy.Status.OPEN,
        "detail": shown_detail(row),
        "resolution": row.resolution,
    }


def _shown_line(row: Discrepancy) -> dict[str, Any] | None:
    line = row.line
    if line is None:
        return None
    return {
        "line": line,
        "amount": shown_money(line.amount, line.currency),
        "fee": shown_money(line.fee, line.currency),
        "outcome": line.outcome and _outcome(line.outcome),
        "at": _wrapping(show_time(line.occurred_at, row.provider_account.timezone)),
        "url": reverse("admin:reconciliation_statementline_change", args=[line.pk]),
        "matches": [
            {
                "public_id": encode_id("att", one.attempt_id),
                "url": reverse("admin:orchestration_attempt_change", args=[one.attempt_id]),
                "amount": show_money(one.amount, one.currency),
                "explained": one.get_explained_as_display(),
                "people": f"{one.requested_by}, {one.approved_by}",
            }
            for one in line.hand_matches.filter(undone_at=None)
            .select_related("requested_by", "approved_by")
            .order_by("attempt_id")
        ],
    }


def _outcome(outcome: str) -> str:
    return {"succeeded": _("succeeded"), "failed": _("failed")}.get(outcome, outcome)


def _shown_attempt(sides: Sides) -> dict[str, Any] | None:
    attempt = sides.attempt
    if attempt is None:
        return None
    owner = owner_of(attempt.owner_type)
    amount = attempt.owner.amount if attempt.amount is None else attempt.amount
    return {
        "attempt": attempt,
        "amount": show_money(amount, attempt.currency or attempt.owner.currency),
        "at": _wrapping(show_time(attempt.completed_at, attempt.provider_account.timezone)),
        "url": reverse("admin:orchestration_attempt_change", args=[attempt.pk]),
        "owner": attempt.owner.public_id,
        "owner_url": reverse(owner.admin_page, args=[attempt.owner_id]),
        "owner_status": attempt.owner.get_status_display(),
        "transfers": [
            (one.get_kind_display(), show_money(one.amount, one.currency))
            for one in sides.transfers
        ],
    }


def _tickets_of(row: Discrepancy, reader: Any) -> list[tuple[str, str]]:
    """Title and address of the tickets about it that its reader may see."""
    found = []
    for read in import_string(settings.TIMELINE_SOURCES):
        for entry in read(row.pk):
            if entry.kind == "ticket" and entry.row is not None:
                label, pk = entry.row
                name = label.lower().replace(".", "_")
                model = import_string("django.apps.apps").get_model(label)
                if visible_rows(reader, model._default_manager.filter(pk=pk)).exists():
                    found.append((entry.title, reverse(f"admin:{name}_change", args=[pk])))
    return found


def _ticket_url(row: Discrepancy) -> str:
    """The page of a new ticket about it, filled in the reader's language."""
    facts = [
        f"{_('discrepancy')}: {row.public_id}",
        f"{_('provider account')}: {row.provider_account}",
        f"{_('ours')}: {shown_money(row.our_amount, row.currency)}",
        f"{_('theirs')}: {shown_money(row.their_amount, row.currency)}",
    ]
    if row.line is not None:
        reference = row.line.provider_reference or row.line.reference
        facts.append(f"{_('their reference')}: {reference or '–'}")
    query = {
        "about": row.public_id,
        "requester_kind": "staff",
        "subject": f"{row.get_kind_display()}, {row.provider_account}",
        "body": "\n".join(facts),
    }
    return f"{reverse('admin:support_tickets_ticket_add')}?{urlencode(query)}"


def _undo_of(person_id: int) -> dict[str, Any] | None:
    """What the person decided last, if it can still be taken back. Two queries."""
    last = (
        DiscrepancyEvent.objects.filter(actor=f"user:{person_id}", act__in=UNDOABLE)
        .exclude(after={})
        .order_by("-id")
        .first()
    )
    if last is None:
        return None
    events = DiscrepancyEvent.objects.filter(decision_id=last.decision_id)
    undone = DiscrepancyEvent.objects.filter(
        discrepancy_id=last.discrepancy_id, undoes=last.sequence
    )
    if undone.exists():
        return None
    return {
        "decision_id": last.decision_id,
        "act": last.get_act_display(),
        "count": events.count(),
        "at": show_time(last.created_at),
    }


def _wrapping(text: str) -> str:
    """In two lines where the column is narrow, and not broken within the seconds."""
    return text.replace("\u00a0", " ")
