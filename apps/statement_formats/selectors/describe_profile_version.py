from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.core.admin import show_money
from apps.core.money import grouped
from apps.statement_formats.models import StatementProfile
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.layout_words import MEANINGS, layout_words


def describe_profile_version(payload: Mapping[str, Any]) -> list[str]:
    """The profile, its layout, and what the file that was previewed came to."""
    profile = StatementProfile.objects.select_related("provider_account").get(
        pk=UUID(payload["profile_id"])
    )
    told = [
        _("Profile: %(profile)s") % {"profile": profile.name},
        _("Account: %(account)s")
        % {
            "account": profile.provider_account
            or _("all of %(connector)s") % {"connector": profile.connector}
        },
    ]
    told += version_lines(profile, payload)
    shown = payload.get("preview") or {}
    return told + (preview_lines(shown) if shown else [])


def version_lines(profile: StatementProfile, payload: Mapping[str, Any]) -> list[str]:
    """The layout that is asked for, beside the one that it follows."""
    before = profile.versions.filter(number=payload["after_number"]).first()
    return compared_lines(_in_words(before.layout) if before else [], _in_words(payload["layout"]))


def _in_words(layout: Mapping[str, Any]) -> list[str]:
    return [f"{label}: {value}" for label, value in layout_words(read_layout(layout))]


def preview_lines(shown: Mapping[str, Any]) -> list[str]:
    """What rules.preview.preview_as_json says, in words."""
    told = [
        _("Tried on %(file)s: %(read)s lines read, %(refused)s refused, %(over)s passed over")
        % {
            "file": shown["file_name"],
            "read": grouped(shown["read"]),
            "refused": grouped(shown["refused"]),
            "over": grouped(shown["passed_over"]),
        }
    ]
    # What the release before tried does not say it.
    if shown.get("is_cut"):
        told.append(_("It is long: only its beginning was read."))
    for currency, outcome, operation, count, amount, fee in shown["sums"]:
        what = " · ".join(str(MEANINGS[word]) for word in (operation, outcome) if word)
        told.append(
            _("%(what)s: %(count)s lines, %(amount)s, fees %(fee)s")
            % {
                "what": what,
                "count": grouped(count),
                "amount": show_money(amount, currency),
                "fee": show_money(fee, currency),
            }
        )
    if shown["days"]:
        told.append(
            _("Days: %(first)s to %(last)s") % {"first": shown["days"][0], "last": shown["days"][1]}
        )
    told.append(
        _("References that stand twice: %(repeats)s; ours: %(known)s of %(references)s are known")
        % {name: grouped(shown[name]) for name in ("repeats", "known", "references")}
    )
    return told
