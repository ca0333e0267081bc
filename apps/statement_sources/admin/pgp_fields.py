"""What is typed of how files are signed and encrypted."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from apps.core.staff_text import StaffText
from apps.statement_sources.models import PgpMode
from apps.statement_sources.services.draft_pgp import TEXT_LENGTH_MAX, PgpOrder
from apps.statement_sources.transports.pgp_keys import CURVE, LARGE_RSA

PGP_FIELDS = ("pgp_mode", "pgp_provider_keys", "pgp_new_key", "pgp_overlap_until")


class PgpFields(forms.Form):
    pgp_mode = forms.ChoiceField(
        label=_("the files"),
        choices=PgpMode.choices,
        initial=PgpMode.PLAIN,
        help_text=_("A file that is not as agreed here is refused, and nothing of it is read."),
        widget=UnfoldAdminSelectWidget,
    )
    pgp_provider_keys = StaffText(
        label=_("the provider’s OpenPGP keys"),
        max_length=TEXT_LENGTH_MAX,
        required=False,
        help_text=_(
            "-----BEGIN PGP PUBLIC KEY BLOCK-----… Compare the fingerprint by another way, as on"
            " the telephone. Two while it changes its key: the one made last stays."
        ),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    pgp_new_key = forms.ChoiceField(
        label=_("our key pair"),
        choices=[
            ("", _("the one there is; the first is made")),
            (CURVE, _("a new one (Ed25519, Curve25519)")),
            (LARGE_RSA, _("a new one (RSA, 4096 bits), for older programs")),
        ],
        required=False,
        help_text=_("Only for files that are encrypted to us. Its private half never leaves."),
        widget=UnfoldAdminSelectWidget,
    )
    pgp_overlap_until = forms.DateField(
        label=_("older keys hold up to"),
        required=False,
        help_text=_("Only while there are two keys of one side: the last day of the older one."),
        widget=UnfoldAdminSingleDateWidget,
    )

    def pgp_order(self) -> PgpOrder:
        said = self.cleaned_data
        return PgpOrder(
            mode=said["pgp_mode"],
            provider_keys=said["pgp_provider_keys"],
            new_key=said["pgp_new_key"],
            overlap_until=said["pgp_overlap_until"],
        )
