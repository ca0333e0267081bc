"""What the statement of our own account says of transfers that came back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from apps.approvals.admin.asking import ReasonForm
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import show_refusal
from apps.core.errors import DomainError
from apps.core.form_pages import FormPages
from apps.settlement.admin.bank_answers import ask_to_book
from apps.settlement.models import CURRENCIES, BankAnswer, BankAnswerStatus, Contradiction
from apps.settlement.services.propose_returns import propose_returns
from apps.settlement.services.read_account_statement import read_account_statement

FILE_BYTES_MAX = 5 * 1024 * 1024
# References that are named one by one.
NAMED_MAX = 5


class ModeForm(forms.Form):
    livemode = forms.ChoiceField(
        label=gettext_lazy("mode"),
        choices=[("live", gettext_lazy("Live mode")), ("test", gettext_lazy("Test mode"))],
        widget=UnfoldAdminSelectWidget,
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("currency"), choices=CURRENCIES, widget=UnfoldAdminSelectWidget
    )


class StatementForm(ModeForm, ReasonForm):
    file = forms.FileField(
        label=gettext_lazy("statement of our account (camt.052, .053, .054)"),
        widget=UnfoldAdminFileFieldWidget,
    )
    field_order = ["livemode", "currency", "file", "reason"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(gettext_lazy("5 MB at most."))
        return file


class ReadsStatements(FormPages):
    """Of bank files: the page that reads our account's statement."""

    actions_list = ("account_statement",)

    def has_account_statement_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    @action(
        description=gettext_lazy("Read our account’s statement"),
        url_path="account-statement",
        permissions=["account_statement"],
        icon="account_balance",
    )
    def account_statement(self, request: HttpRequest) -> HttpResponse:
        return self.form_page(
            request,
            StatementForm(request.POST or None, request.FILES or None),
            lambda said: _read(request, said),
            title=_("Read our account’s statement"),
            facts=[
                _(
                    "Transfers of settlements that came back are proposed to a second person; what"
                    " else the statement has is not looked at."
                )
            ],
            back=reverse("admin:settlement_bankfile_changelist"),
        )


def _read(request: HttpRequest, said: dict[str, Any]) -> str:
    read = read_account_statement(
        livemode=said["livemode"] == "live",
        currency=said["currency"],
        statement=said["file"],
        actor=actor_of(request),
        now=database_clock.now(),
    )
    told = tell_answers(request, read.answers, said["reason"])
    if read.over:
        numbers = ", ".join(one.full_number for one in read.over[:NAMED_MAX])
        told.append(
            _("In the balance again already: %(count)s (%(which)s).")
            % {"count": len(read.over), "which": numbers}
        )
    if read.unknown:
        told.append(
            _("No transfer of ours that the bank has: %(count)s (%(which)s).")
            % {"count": len(read.unknown), "which": ", ".join(read.unknown[:NAMED_MAX])}
        )
    if read.unread:
        text = ngettext("%d line cannot be read.", "%d lines cannot be read.", read.unread)
        told.append(text % read.unread)
    return " ".join(told) or _("Nothing of ours came back.")


def tell_answers(request: HttpRequest, answers: Iterable[BankAnswer], reason: str) -> list[str]:
    """Ask a second person about all that these say, and say of each what was done."""
    answers = list(answers)
    person = cast(AbstractBaseUser, request.user)
    proposed = propose_returns(
        answers, reason=reason, requested_by=person, now=database_clock.now()
    )
    told = []
    for one in proposed:
        number = one.line.settlement.full_number if one.line.settlement else "?"
        if one.request is not None:
            text = _("%(number)s came back: %(id)s waits for a second person.")
            told.append(text % {"number": number, "id": one.request.public_id})
        elif one.refusal is not None:
            told.append(f"{number}: {show_refusal(one.refusal)}")
    for answer in answers:
        wrong = answer.lines.filter(closed_at__isnull=True).exclude(contradiction="")
        # Of those that came back all was said.
        others = wrong.exclude(contradiction=Contradiction.REJECTED_AFTER_PAID).count()
        if others:
            told.append(_("Otherwise than here, look: %(count)s.") % {"count": others})
        if answer.status == BankAnswerStatus.DRAFT:
            try:
                told.append(ask_to_book(request, answer, reason))
            except DomainError as refusal:
                # Where it waits already, say: that hinders no other.
                told.append(f"{answer.public_id}: {show_refusal(refusal)}")
        elif not proposed and not others:
            told.append(f"{answer.public_id}: {answer.get_status_display()}")
    return told
