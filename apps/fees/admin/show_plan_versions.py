from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.core.admin import show_time
from apps.fees.models import FeePlan
from apps.fees.rules.fee_terms import terms_of
from apps.fees.rules.words import how_much, returns_in_words, what_for

# The newest: what was long ago is in the database.
VERSIONS_SHOWN = 10


def show_versions(plan: FeePlan) -> SafeString:
    """Its versions with their lines, the newest first."""
    newest = plan.versions.order_by("-number").prefetch_related("lines")[:VERSIONS_SHOWN]
    versions = [
        {
            "number": version.number,
            "valid_from": show_time(version.valid_from),
            "valid_until": version.valid_until and show_time(version.valid_until),
            "returns": "" if plan.provider_account_id else returns_in_words(version.fee_return),
            "lines": [
                (line.public_id, what_for(terms), how_much(terms))
                for line in sorted(version.lines.all(), key=lambda line: line.pk)
                for terms in [terms_of(line, plan_currency=plan.currency)]
            ],
        }
        for version in newest
    ]
    return render_to_string("admin/fees/feeplan/versions.html", {"versions": versions})
