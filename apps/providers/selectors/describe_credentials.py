from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.providers.models import ProviderAccount
from apps.providers.rules.account_order import fingerprint_in_words
from apps.providers.rules.credential_words import setting_lines


def describe_credentials(payload: Mapping[str, Any]) -> list[str]:
    """Of which account, and what of its credentials is no secret, beside what it replaces."""
    account = ProviderAccount.objects.get(pk=UUID(payload["account_id"]))
    return [
        _("Provider account: %(account)s (%(connector)s, %(country)s)")
        % {"account": account, "connector": account.connector, "country": account.country},
        *compared_lines(
            setting_lines(payload["settings_before"]), setting_lines(payload["settings"])
        ),
        fingerprint_in_words(payload["fingerprint"]),
        _("The account’s credentials until now are gone then."),
    ]
