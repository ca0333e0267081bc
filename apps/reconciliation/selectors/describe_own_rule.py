from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from apps.providers.models import ProviderAccount
from apps.reconciliation.models import OwnTransferRule
from apps.reconciliation.rules.rule_terms import RuleTerms, rule_from_json, rule_in_words


def describe_terms(terms: RuleTerms) -> list[str]:
    """One line for each thing a rule says. Two queries."""
    accounts = ProviderAccount.objects.in_bulk([terms.from_account_id, terms.to_account_id])
    return rule_in_words(
        terms,
        leaves=str(accounts[terms.from_account_id]),
        comes=str(accounts[terms.to_account_id]),
        owner=str(get_user_model().objects.get(pk=terms.owner_id)),
    )


def terms_of(rule: OwnTransferRule) -> RuleTerms:
    return RuleTerms(
        name=rule.name,
        from_account_id=rule.from_account_id,
        to_account_id=rule.to_account_id,
        from_text=rule.from_text,
        to_text=rule.to_text,
        days=rule.days,
        tolerance=rule.tolerance,
        starts_on=rule.starts_on,
        owner_id=rule.owner_id,
    )


def describe_own_rule(payload: Mapping[str, Any]) -> list[str]:
    """What was asked for, as rule_as_json wrote it."""
    return describe_terms(rule_from_json(payload))


def describe_ended_rule(payload: Mapping[str, Any]) -> list[str]:
    """The rule of `rule_id`."""
    return describe_terms(terms_of(OwnTransferRule.objects.get(pk=UUID(payload["rule_id"]))))
