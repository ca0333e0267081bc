from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils.translation import gettext as _

from apps.providers.models import ProviderAccount
from apps.reconciliation.models import OwnTransferRule, StatementLine
from apps.reconciliation.rules.rule_terms import OwnTransferRuleInvalid, RuleTerms, check_rule
from apps.reconciliation.selectors.matching_plan import matching_plan

# What is older was decided, or its month is closed.
START_DAYS_BACK_MAX = 60

# Of two that are approved at once, the second finds the first.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('own transfer rule ' || %s, 0))"


def save_own_rule(*, terms: RuleTerms, now: datetime) -> OwnTransferRule:
    """A rule that holds from its day on. Within the caller's transaction.

    Raises:
        OwnTransferRuleInvalid: the accounts are not of one owner, mode and currency, one of their
            plans has no such pass, the name is taken, it begins too long ago, or its owner is gone.
    """
    check_rule(terms)
    found = ProviderAccount.objects.in_bulk([terms.from_account_id, terms.to_account_id])
    leaves, comes = found[terms.from_account_id], found[terms.to_account_id]
    if (leaves.merchant_id, leaves.livemode, leaves.currency) != (
        comes.merchant_id,
        comes.livemode,
        comes.currency,
    ):
        raise OwnTransferRuleInvalid(
            _("The two accounts have one owner, one mode and one currency.")
        )
    for account in (leaves, comes):
        if not matching_plan(account.pk).has(StatementLine.Pass.OWN_RULE):
            raise OwnTransferRuleInvalid(
                _("The matching plan of %(account)s has no pass “%(pass)s”.")
                % {"account": account, "pass": StatementLine.Pass.OWN_RULE.label}
            )
    _lock_name(terms.name)
    if OwnTransferRule.objects.filter(name=terms.name, ends_on=None).exists():
        raise OwnTransferRuleInvalid(_("Another rule that holds has this name."))
    today = now.astimezone(ZoneInfo(leaves.timezone)).date()
    if terms.starts_on < today - timedelta(days=START_DAYS_BACK_MAX):
        raise OwnTransferRuleInvalid(
            _("It begins %(days)d days ago at the earliest.") % {"days": START_DAYS_BACK_MAX}
        )
    if (
        not get_user_model()
        .objects.filter(pk=terms.owner_id, is_active=True, is_staff=True)
        .exists()
    ):
        raise OwnTransferRuleInvalid(_("Nobody would see to what is missing."))
    return OwnTransferRule.objects.create(
        name=terms.name,
        from_account=leaves,
        to_account=comes,
        from_text=terms.from_text,
        to_text=terms.to_text,
        days=terms.days,
        tolerance=terms.tolerance,
        starts_on=terms.starts_on,
        owner_id=terms.owner_id,
        created_at=now,
    )


def _lock_name(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [name])
