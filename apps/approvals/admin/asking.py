"""What pages on which something is asked of a second person have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from apps.approvals.services.request_approval import REASON_LENGTH_MAX, request_approval
from apps.core import database_clock
from apps.core.admin import show_refusal
from apps.core.attachment_type import FILE_BYTES_MAX, MEDIA_TYPES
from apps.core.errors import DomainError
from apps.core.staff_text import StaffText
from apps.vault.kept_files import CheckedFile, check_file

# How long what was shown can be asked for.
SHOWN_S_MAX = 3_600


class ReasonForm(forms.Form):
    reason = StaffText(
        label=_("reason"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


class WithEvidence(forms.Form):
    """A file that proves the reason, in `file`: a CheckedFile, or None."""

    file = forms.FileField(
        label=_("file that proves it"),
        required=False,
        help_text=_(
            "An image, a PDF or plain text, of 5 MB at most. Whoever approves is shown it, and it"
            " is kept."
        ),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ",".join(MEDIA_TYPES)}),
    )

    def clean_file(self) -> CheckedFile | None:
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(_("The file is too large: 5 MB at most."))
        try:
            return check_file(file.name, file.read())
        except DomainError as refusal:
            raise forms.ValidationError(show_refusal(refusal)) from None


def ask(
    request: HttpRequest,
    *,
    action: str,
    target: str,
    payload: Mapping[str, Any],
    reason: str,
    now: datetime | None = None,
    evidence: CheckedFile | None = None,
) -> str:
    """Ask a second person for it, and say so in words.

    Raises what services.request_approval does.
    """
    asked = request_approval(
        action=action,
        target=target,
        payload=payload,
        reason=reason,
        requested_by=cast(AbstractBaseUser, request.user),
        now=now or database_clock.now(),
        evidence=evidence,
    )
    return str(_("%(id)s waits for a second person.") % {"id": asked.public_id})


def ask_second_person(
    request: HttpRequest, *, form: forms.Form | None = None, **asked: Any
) -> bool:
    """Ask for it and say so, or say why it was refused: on the form, where there is one; answers
    whether it was asked for."""
    try:
        said = ask(request, **asked)
    except DomainError as refusal:
        if form is None:
            messages.error(request, show_refusal(refusal))
        else:
            form.add_error(None, show_refusal(refusal))
        return False
    messages.success(request, said)
    return True


def sign_shown(payload: Mapping[str, Any], *, salt: str) -> str:
    """What a page shows, for its form to bring back unchanged."""
    return signing.dumps(payload, salt=salt, compress=True)


def read_shown(request: HttpRequest, *, salt: str) -> dict[str, Any] | None:
    """The payload of what was shown; None where it was too long ago, or is not ours."""
    try:
        payload: dict[str, Any] = signing.loads(
            request.POST["shown"], salt=salt, max_age=SHOWN_S_MAX
        )
    except signing.BadSignature:
        return None
    return payload
