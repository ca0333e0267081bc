from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.providers.models import ProviderAccount
from apps.reconciliation.rules.passes import plan_from_json, plan_in_words
from apps.reconciliation.selectors.matching_plan import matching_plan


def describe_plan(payload: Mapping[str, Any]) -> list[str]:
    """Whose plan, and what was asked for, beside what it follows."""
    account = ProviderAccount.objects.get(pk=UUID(payload["account_id"]))
    return [_("Provider account: %(name)s") % {"name": account}, *plan_lines(account, payload)]


def plan_lines(account: ProviderAccount, payload: Mapping[str, Any]) -> list[str]:
    before = matching_plan(account.pk, number=payload["after_number"])
    return compared_lines(plan_in_words(before), plan_in_words(plan_from_json(payload)))
