"""What two people agree on when an account is opened, or gets new credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError

# Keys of config/approvable_actions.py.
OPEN = "provider_account.open"
NEW_CREDENTIALS = "provider_account.credentials"
# Who may ask for either: whoever may open an account may also give it new keys.
RIGHTS = ["providers.add_provideraccount", "approvals.add_approvalrequest"]
# Before the name of a credential, where it is a field of a form.
CREDENTIAL = "credential_"


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """A provider account to be. Amounts in minor units; `merchant_id`: its UUID as text, None for
    every merchant."""

    connector: str
    label: str
    country: str
    currency: str
    livemode: bool
    operations: list[str]
    timezone: str
    amount_min: int
    amount_max: int
    merchant_id: str | None = None

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> AccountOrder:
        return cls(**{field.name: payload[field.name] for field in fields(cls)})

    def as_payload(self) -> dict[str, Any]:
        return asdict(self)


def fingerprint_in_words(fingerprint: str) -> str:
    """Its beginning: enough to tell what was typed from anything else."""
    return gettext("Fingerprint of the secrets: %(digits)s") % {"digits": fingerprint[:16]}


class ProviderAccountInvalid(DomainError):
    code = "provider_account_invalid"
    status = 422
    title = "A provider account cannot be like this."
    staff_words = _("A provider account cannot be like this.")


class StagedCredentialsGone(DomainError):
    code = "staged_credentials_gone"
    status = 409
    title = "These credentials were decided on already, or waited too long. Type them again."
    staff_words = _(
        "These credentials were decided on already, or waited too long. Type them again."
    )


class CredentialsChanged(DomainError):
    code = "provider_credentials_changed"
    status = 409
    title = "The account has other credentials than those that were shown. Look at it again."
    staff_words = _(
        "The account has other credentials than those that were shown. Look at it again."
    )
