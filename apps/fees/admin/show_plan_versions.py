from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.approvals.admin.show_versions import VersionWords, show_versions
from apps.fees.models import FeePlan, FeePlanVersion
from apps.fees.rules.fee_terms import terms_of
from apps.fees.rules.words import how_much, returns_in_words, what_for


def show_plan_versions(plan: FeePlan) -> SafeString:
    """Its versions with their lines, the newest first."""

    def in_words(version: FeePlanVersion) -> VersionWords:
        lines = sorted(version.lines.all(), key=lambda line: line.pk)
        terms = [terms_of(line, plan_currency=plan.currency) for line in lines]
        return VersionWords(
            [
                (how_much(each), what_for(each), line.public_id)
                for line, each in zip(lines, terms, strict=True)
            ],
            note="" if plan.provider_account_id else returns_in_words(version.fee_return),
        )

    return show_versions(
        plan.versions.prefetch_related("lines"),
        in_words,
        without=_("No version yet: this plan charges nothing."),
    )
