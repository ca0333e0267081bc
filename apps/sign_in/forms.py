"""The forms of second factors: allauth's, with our limits before and our checks after."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import validate_totp_code
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from apps.core.client_address import client_address
from apps.core.errors import DomainError
from apps.sign_in.limits import limit_code
from apps.sign_in.recording import record_failure
from apps.sign_in.second_factor import RUBBISH, check_code, check_passkey, read_credential

NAME_LENGTH_MAX = 60
WRONG = _("This is not right, or was used before. Try again.")


class CredentialField(forms.Field):
    """What the browser said of a passkey. A JSONField breaks on what is nested too deeply."""

    widget = forms.HiddenInput

    def to_python(self, value: object) -> object:
        return read_credential(str(value or ""))


class CodeForm(AuthenticateForm):
    """A code of the authenticator app, or a recovery code."""

    def clean_code(self) -> str:
        count_attempt(self.user)
        code: str = self.cleaned_data["code"]
        found = check_code(self.user, code)
        if found is None:
            record_failure(self.user, how="code")
            raise forms.ValidationError(WRONG)
        self.authenticator = found
        return code


class PasskeyForm(AuthenticateWebAuthnForm):
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        count_attempt(self.user)
        found = check_passkey(self.user, self.cleaned_data["credential"])
        if found is None:
            record_failure(self.user, how="passkey")
            raise forms.ValidationError(WRONG)
        return found


class AuthenticatorForm(ActivateTOTPForm):
    """The first code of an authenticator app proves that it has the secret."""

    def clean_code(self) -> str:
        count_attempt(self.user)
        code: str = self.cleaned_data["code"]
        if not validate_totp_code(self.secret, code):
            raise forms.ValidationError(WRONG)
        return code


class NewPasskeyForm(AddWebAuthnForm):
    credential = CredentialField()
    name = forms.CharField(label=_("Name"), required=False, max_length=NAME_LENGTH_MAX)

    def clean(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = super().clean()
        except RUBBISH:
            raise forms.ValidationError(WRONG) from None
        finally:
            webauthn.clear_state()
        return found


def count_attempt(user: User) -> None:
    """Raises a ValidationError once there were too many."""
    try:
        limit_code(address=client_address(context.request), user_id=user.pk)
    except DomainError as refusal:
        raise forms.ValidationError(
            _("Too many attempts. Try again in a minute."), code=refusal.code
        ) from None
