"""What is typed of a provider account and of its credentials, as its connector declares them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import ReasonForm
from apps.core.admin import read_public_id, read_uuid
from apps.core.staff_text import StaffText
from apps.providers.contract import ConnectorProfile
from apps.providers.kit.credential_fields import CredentialField
from apps.providers.kit.web_address import ascii_url
from apps.providers.models import OPERATION_NAMES, ProviderAccount
from apps.providers.registry import CREDENTIAL_FIELDS, PROFILES
from apps.providers.rules.account_order import CREDENTIAL, AccountOrder
from apps.providers.rules.credential_words import CHOICES, NAMES
from apps.providers.selectors.account_problems import (
    AMOUNT_MAX,
    LABEL_LENGTH_MAX,
    account_problems,
    credential_problems,
)
from apps.providers.selectors.shown_settings import shown_settings

SECRET_LENGTH_MAX = 4_000
SETTING_LENGTH_MAX = 500
# Of every connector: shown again by no page, and left out of what is told of an error.
SECRET_FIELDS = sorted(
    {
        CREDENTIAL + field.name
        for fields in CREDENTIAL_FIELDS.values()
        for field in fields
        if field.is_secret
    }
)


class ConnectorForm(forms.Form):
    connector = forms.ChoiceField(label=_("connector"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        names = sorted((PROFILES[code].name, code) for code in CREDENTIAL_FIELDS)
        connector: Any = self.fields["connector"]
        connector.choices = [(code, name) for name, code in names]


class CredentialsForm(ReasonForm):
    """A field for each credential that the connector declares; `credentials` is what was typed."""

    def __init__(self, connector: str, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.connector = connector
        for field in CREDENTIAL_FIELDS[connector]:
            self.fields[CREDENTIAL + field.name] = _typed(field)
        self.order_fields([name for name in self.fields if name != "reason"])

    def credentials(self) -> dict[str, str]:
        typed = {field.name: self._as_sent(field) for field in CREDENTIAL_FIELDS[self.connector]}
        return {name: value for name, value in typed.items() if value}

    def _as_sent(self, field: CredentialField) -> str:
        """An address as it is on the wire, its host in punycode: whoever approves sees which one it
        is, whatever its letters look like."""
        value: str = self.cleaned_data.get(CREDENTIAL + field.name, "")
        if field.is_address and not value.isascii():
            # One that is none is refused as it was typed.
            with suppress(ValueError):
                return ascii_url(value)
        return value

    def add_problems(self, problems: Mapping[str, str]) -> None:
        for name, problem in problems.items():
            # What was wrong before has its own sentence.
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, problem)


class NewCredentialsForm(CredentialsForm):
    # As the page shows it: nobody replaces credentials that she has not seen.
    fingerprint_before = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, account: ProviderAccount, *given: Any, **named: Any) -> None:
        now = {CREDENTIAL + name: value for name, value in shown_settings(account).items()}
        super().__init__(
            account.connector, *given, initial={**now, **named.pop("initial", {})}, **named
        )
        self.account = account

    def clean(self) -> dict[str, Any]:
        self.add_problems(
            credential_problems(
                self.connector,
                self.credentials(),
                operations=self.account.operations,
                livemode=self.account.livemode,
            )
        )
        return self.cleaned_data


class OpenAccountForm(CredentialsForm):
    # Made with the page: sent twice, it is one account.
    account_id = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput)
    label = StaffText(
        label=_("name"), max_length=LABEL_LENGTH_MAX, widget=UnfoldAdminTextInputWidget
    )
    country = forms.ChoiceField(label=_("country"), widget=UnfoldAdminSelectWidget)
    currency = forms.ChoiceField(label=_("currency"), widget=UnfoldAdminSelectWidget)
    mode = forms.ChoiceField(
        label=_("mode"),
        choices=[("test", _("test")), ("live", _("live"))],
        widget=UnfoldAdminSelectWidget,
    )
    operations = forms.MultipleChoiceField(
        label=_("operations"), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    timezone = StaffText(
        label=_("time zone"),
        max_length=40,
        help_text=_("The provider’s day ends at its midnight: Africa/Abidjan."),
        widget=UnfoldAdminTextInputWidget,
    )
    amount_min = forms.IntegerField(
        label=_("smallest amount"),
        min_value=1,
        max_value=AMOUNT_MAX,
        help_text=_("In the currency’s smallest unit."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    amount_max = forms.IntegerField(
        label=_("largest amount"),
        min_value=1,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    merchant = StaffText(
        label=_("merchant"),
        max_length=40,
        required=False,
        help_text=_("Whose contract it is, by id: mer_… Empty: every merchant."),
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, connector: str, *given: Any, **named: Any) -> None:
        super().__init__(connector, *given, **named)
        profile = PROFILES[connector]
        currencies = _currencies(profile)
        # None is chosen beforehand: it could be the wrong one, and stay.
        self._offer("country", {"": "–", **{country: country for country in sorted(currencies)}})
        self._offer("currency", {"": "–", **{one: one for one in sorted(set(currencies.values()))}})
        self._offer("operations", {one: OPERATION_NAMES[one] for one in profile.operations})
        served = profile.operations.values()
        self.fields["amount_min"].initial = max(one.amount_min for one in served)
        self.fields["amount_max"].initial = min(one.amount_max for one in served)

    def _offer(self, name: str, choices: Mapping[Any, Any]) -> None:
        field: Any = self.fields[name]
        field.choices = [(str(value), word) for value, word in choices.items()]

    def clean_merchant(self) -> str | None:
        typed = self.cleaned_data["merchant"]
        if not typed:
            return None
        merchant_id = read_public_id("mer", typed)
        if merchant_id is None:
            raise forms.ValidationError(_("There is no such merchant."))
        return str(UUID(str(merchant_id)))

    def account_order(self) -> AccountOrder:
        said = self.cleaned_data
        return AccountOrder(
            connector=self.connector,
            label=said["label"],
            country=said["country"],
            currency=said["currency"],
            livemode=said["mode"] == "live",
            operations=said["operations"],
            timezone=said["timezone"],
            amount_min=said["amount_min"],
            amount_max=said["amount_max"],
            merchant_id=said["merchant"],
        )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        said["account_id"] = read_uuid(said.get("account_id", ""))
        if said["account_id"] is None:
            self.add_error(None, _("This page is too old: open it again."))
        self.add_problems(
            credential_problems(
                self.connector,
                self.credentials(),
                operations=said.get("operations", ()),
                livemode=said.get("mode") == "live",
            )
        )
        if not set(OpenAccountForm.base_fields) - set(said) - {"reason"}:
            self.add_problems(account_problems(self.account_order()))
        return said


def _typed(field: CredentialField) -> forms.Field:
    common: dict[str, Any] = {
        "label": NAMES.get(field.name, field.name),
        "required": field.is_needed(()),
        # As the provider calls it, on its own page.
        "help_text": gettext("Named %(name)s.") % {"name": field.name},
    }
    if field.operations:
        names = ", ".join(str(OPERATION_NAMES[one]) for one in field.operations)
        common["help_text"] += " " + gettext("For: %(operations)s.") % {"operations": names}
    elif not field.is_required:
        common["help_text"] += " " + gettext("May be empty.")
    if field.choices:
        choices = [("", "–"), *((one, CHOICES.get(one, one)) for one in field.choices)]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **common)
    if field.is_secret:
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        return forms.CharField(max_length=SECRET_LENGTH_MAX, widget=widget, **common)
    return StaffText(max_length=SETTING_LENGTH_MAX, widget=UnfoldAdminTextInputWidget, **common)


def _currencies(profile: ConnectorProfile) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in profile.operations.values():
        found |= one.currencies
    return found
