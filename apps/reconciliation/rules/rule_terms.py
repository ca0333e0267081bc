"""What a rule for own transfers says, and what it may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.reconciliation.models import RULE_DAYS_MAX, RULE_TEXT_LENGTH_MIN, TOLERANCE_MAX

NAME_LENGTH_MAX = 60
TEXT_LENGTH_MAX = 64


class OwnTransferRuleInvalid(DomainError):
    code = "own_transfer_rule_invalid"
    status = 422
    title = "This cannot be a rule for own transfers."
    staff_words = _("This cannot be a rule for own transfers.")


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """What two people agree on. `days`: until the money has come in; `tolerance`: minor units."""

    name: str
    from_account_id: UUID
    to_account_id: UUID
    from_text: str
    to_text: str
    days: int
    tolerance: int
    starts_on: date
    owner_id: int


def check_rule(terms: RuleTerms) -> RuleTerms:
    """The same. Raises OwnTransferRuleInvalid, naming what cannot be."""
    if not 1 <= len(terms.name) <= NAME_LENGTH_MAX:
        raise OwnTransferRuleInvalid(
            gettext("Its name has 1 to %(most)d characters.") % {"most": NAME_LENGTH_MAX}
        )
    if terms.from_account_id == terms.to_account_id:
        raise OwnTransferRuleInvalid(gettext("The two accounts are different ones."))
    texts = [text for text in (terms.from_text, terms.to_text) if text]
    if not texts or not all(
        RULE_TEXT_LENGTH_MIN <= len(text.strip()) <= len(text) <= TEXT_LENGTH_MAX for text in texts
    ):
        raise OwnTransferRuleInvalid(
            gettext(
                "One of the two texts is needed, of %(least)d to %(most)d characters: the amount"
                " alone is never enough."
            )
            % {"least": RULE_TEXT_LENGTH_MIN, "most": TEXT_LENGTH_MAX}
        )
    if not 0 <= terms.days <= RULE_DAYS_MAX:
        raise OwnTransferRuleInvalid(
            gettext("The money comes in after 0 to %(most)d days.") % {"most": RULE_DAYS_MAX}
        )
    if not 0 <= terms.tolerance <= TOLERANCE_MAX:
        raise OwnTransferRuleInvalid(
            gettext("The allowed difference is 0 to %(most)d.") % {"most": TOLERANCE_MAX}
        )
    return terms


def rule_as_json(terms: RuleTerms) -> dict[str, Any]:
    return {
        "name": terms.name,
        "from_account_id": str(terms.from_account_id),
        "to_account_id": str(terms.to_account_id),
        "from_text": terms.from_text,
        "to_text": terms.to_text,
        "days": terms.days,
        "tolerance": terms.tolerance,
        "starts_on": terms.starts_on.isoformat(),
        "owner_id": terms.owner_id,
    }


def rule_from_json(given: Mapping[str, Any]) -> RuleTerms:
    """As rule_as_json wrote it. Raises OwnTransferRuleInvalid."""
    return check_rule(
        RuleTerms(
            name=str(given["name"]),
            from_account_id=UUID(given["from_account_id"]),
            to_account_id=UUID(given["to_account_id"]),
            from_text=str(given["from_text"]),
            to_text=str(given["to_text"]),
            days=int(given["days"]),
            tolerance=int(given["tolerance"]),
            starts_on=date.fromisoformat(given["starts_on"]),
            owner_id=int(given["owner_id"]),
        )
    )


def rule_in_words(terms: RuleTerms, *, leaves: str, comes: str, owner: str) -> list[str]:
    """One line for each thing it says; `leaves`, `comes` and `owner` as people know them."""
    days = ngettext("%d day", "%d days", terms.days) % terms.days
    anything = gettext("anything")
    said = [
        (_("Name"), terms.name),
        (_("The money leaves"), leaves),
        (_("Its line contains"), terms.from_text or anything),
        (_("It comes into"), comes),
        (_("Its line contains"), terms.to_text or anything),
        (_("At the latest after"), days),
        (_("Allowed difference"), str(terms.tolerance)),
        (_("Holds from"), terms.starts_on.isoformat()),
        (_("Who sees to what is missing"), owner),
    ]
    words = gettext("%(label)s: %(value)s")
    return [words % {"label": label, "value": value} for label, value in said]
