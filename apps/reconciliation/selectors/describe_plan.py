from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.providers.models import ProviderAccount
from apps.reconciliation.rules.passes import plan_from_json, plan_in_words
from apps.reconciliation.selectors.matching_plan import matching_plan


def describe_plan(payload: Mapping[str, Any]) -> list[str]:
    """Whose plan, what holds now, and what was asked for."""
    account = ProviderAccount.objects.get(pk=UUID(payload["account_id"]))
    return [
        _("Provider account: %(name)s") % {"name": account},
        _("Now:"),
        *plan_in_words(matching_plan(account.pk)),
        _("Asked for:"),
        *plan_in_words(plan_from_json(payload)),
    ]
