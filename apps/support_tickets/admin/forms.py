"""What agents fill in at the desk."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin import read_public_id
from apps.core.attachment_type import FILE_BYTES_MAX, MEDIA_TYPES
from apps.core.clean_text import BODY_LENGTH_MAX, SUBJECT_LENGTH_MAX
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.merchants.models import Merchant
from apps.support_tickets.models import (
    CannedAnswer,
    RequesterKind,
    Team,
    Ticket,
    TicketCategory,
    TicketPriority,
    TicketStatus,
)
from apps.support_tickets.rules.contact import CONTACT_LENGTH_MAX
from apps.support_tickets.rules.subjects import Subject, read_subject_id
from apps.support_tickets.selectors.read_subject import read_subject

UNCHANGED = ("", _("leave it as it is"))
NUMBER = re.compile(r"[Tt]-?0*(\d{1,18})|0*(\d{1,8})")


def read_number(text: str) -> int | None:
    """The number of a ticket as people write it: T-000123, t123, 123."""
    found = NUMBER.fullmatch(text.strip())
    return int(found[1] or found[2] or 0) if found else None


def find_by_name(text: str, *, user: Any) -> UUID | None:
    """The id of the ticket with this number or public id, if `user` may see it."""
    public_id = read_public_id("tic", text.strip())
    number = read_number(text)
    if public_id is None and number is None:
        return None
    named = {"pk": public_id} if public_id else {"number": number}
    tickets = visible_rows(user, Ticket.objects.filter(**named))
    return tickets.values_list("pk", flat=True).first()


class AnswerForm(forms.Form):
    """`seen` is the ticket's sequence when the page was shown."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    body = StaffText(
        label=_("answer or note"),
        max_length=BODY_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 7}),
    )
    then = forms.ChoiceField(
        label=_("status afterwards"),
        required=False,
        choices=[
            UNCHANGED,
            *(
                choice
                for choice in TicketStatus.choices
                if choice[0] not in {TicketStatus.NEW, TicketStatus.CLOSED}
            ),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(
        label=_("file"),
        required=False,
        help_text=_("An image, a PDF or plain text, of 5 MB at most."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(MEDIA_TYPES)}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(_("The file is too large: 5 MB at most."))
        return file


class CannedForm(forms.Form):
    canned = forms.ModelChoiceField(
        label=_("canned answer"),
        queryset=CannedAnswer.objects.none(),
        required=False,
        to_field_name="code",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, ticket: Ticket, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answers = CannedAnswer.objects.filter(
            is_active=True, category__in=[ticket.category, ""]
        ).order_by("-category", "code")
        field = self.fields["canned"]
        field.queryset = answers  # type: ignore[attr-defined]
        field.label_from_instance = lambda one: one.title(ticket.language)  # type: ignore[attr-defined]


class WorkForm(forms.Form):
    """Who takes care of it, how urgent it is, and what it is about; `seen` as in AnswerForm."""

    seen = forms.IntegerField(
        widget=forms.HiddenInput(attrs={"id": "work-seen"}), min_value=0, required=False
    )
    assignee = forms.ModelChoiceField(
        label=_("assignee"),
        queryset=User.objects.filter(is_active=True, is_staff=True).order_by("username"),
        required=False,
        empty_label=_("nobody"),
        widget=UnfoldAdminSelectWidget,
    )
    team = forms.ModelChoiceField(
        label=_("team"),
        queryset=Team.objects.order_by("name"),
        required=False,
        empty_label=_("none"),
        widget=UnfoldAdminSelectWidget,
    )
    priority = forms.ChoiceField(
        label=_("priority"), choices=TicketPriority.choices, widget=UnfoldAdminSelectWidget
    )
    category = forms.ChoiceField(
        label=_("category"), choices=TicketCategory.choices, widget=UnfoldAdminSelectWidget
    )
    tags = StaffText(
        label=_("tags"),
        required=False,
        max_length=400,
        help_text=_("With commas between them."),
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_tags(self) -> list[str]:
        return str(self.cleaned_data["tags"]).split(",")


class StatusForm(forms.Form):
    to = forms.ChoiceField(
        label=_("status"), choices=TicketStatus.choices, widget=UnfoldAdminSelectWidget
    )


class OtherTicketForm(forms.Form):
    other = StaffText(
        label=_("other ticket"),
        max_length=40,
        help_text=_("Its number T-000123, or its id tic_…"),
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, data: Any = None, *, user: Any = None) -> None:
        super().__init__(data)
        self.user = user

    def clean_other(self) -> UUID:
        found = find_by_name(self.cleaned_data["other"], user=self.user)
        if found is None:
            raise forms.ValidationError(_("There is no ticket with this number."))
        return found


class NewTicketForm(forms.Form):
    requester_kind = forms.ChoiceField(
        label=_("requester"), choices=RequesterKind.choices, widget=UnfoldAdminSelectWidget
    )
    about = StaffText(
        label=_("about"),
        required=False,
        max_length=40,
        help_text=_(
            "The id of a payment pay_…, refund ref_…, payout po_…, dispute dis_…, discrepancy dsc_…"
        ),
        widget=UnfoldAdminTextInputWidget,
    )
    merchant = StaffText(
        label=_("merchant"),
        required=False,
        max_length=40,
        help_text=_("Its id mer_…; not needed where a payment says whose it is."),
        widget=UnfoldAdminTextInputWidget,
    )
    contact = StaffText(
        label=_("contact"),
        required=False,
        max_length=CONTACT_LENGTH_MAX,
        help_text=_("An e-mail address, or a telephone number with its country’s code."),
        widget=UnfoldAdminTextInputWidget,
    )
    category = forms.ChoiceField(
        label=_("category"), choices=TicketCategory.choices, widget=UnfoldAdminSelectWidget
    )
    priority = forms.ChoiceField(
        label=_("priority"),
        choices=TicketPriority.choices,
        initial=TicketPriority.NORMAL,
        widget=UnfoldAdminSelectWidget,
    )
    subject = StaffText(
        label=_("subject"), max_length=SUBJECT_LENGTH_MAX, widget=UnfoldAdminTextInputWidget
    )
    body = StaffText(
        label=_("what is wrong"),
        max_length=BODY_LENGTH_MAX,
        help_text=_("The requester sees it."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
    )

    def __init__(self, data: Any, *, user: Any, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.user = user

    def clean_about(self) -> Subject | None:
        text = self.cleaned_data["about"].strip()
        if not text:
            return None
        named = read_subject_id(text.lower())
        found = read_subject(*named, user=self.user) if named else None
        if found is None:
            raise forms.ValidationError(_("There is nothing with this id."))
        return found

    def clean_merchant(self) -> Merchant | None:
        text = self.cleaned_data["merchant"].strip()
        if not text:
            return None
        merchants = visible_rows(self.user, Merchant.objects.all())
        found = merchants.filter(pk__in=[read_public_id("mer", text)]).first()
        if found is None:
            raise forms.ValidationError(_("There is no merchant with this id."))
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, about = data.get("requester_kind"), data.get("about")
        merchant_id = about.merchant_id if about else None
        if data.get("merchant") and merchant_id and data["merchant"].pk != merchant_id:
            self.add_error("merchant", _("This is of another merchant."))
        if kind == RequesterKind.PAYER and (about is None or about.type != "payment"):
            self.add_error("about", _("A payer’s ticket is about a payment: give its id."))
        if kind == RequesterKind.MERCHANT and not (data.get("merchant") or merchant_id):
            self.add_error("merchant", _("Say whose ticket it is."))
        return data
