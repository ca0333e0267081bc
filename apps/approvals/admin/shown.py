"""Requests, rules and their steps in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.approvals.models import ApprovalRequest, ApprovalRule
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.rules.compared_lines import compared_lines
from apps.approvals.rules.makers import ROLE, USER
from apps.approvals.selectors.read_evidence import Evidence
from apps.approvals.selectors.waiting_for import Waiting
from apps.approvals.services.save_rule import FIELDS
from apps.core.admin import show_money, show_time
from apps.core.clean_text import shown_whole
from apps.core.money import EXPONENTS, grouped
from apps.core.public_ids import encode_id
from apps.sign_in.people_who_approve import PERMISSIONS

# What a request names by UUID: the key, the prefix of its public id, and the word for it.
REFERENCES: tuple[tuple[str, str, str | Promise], ...] = (
    ("attempt_id", "att", _("attempt")),
    ("statement_id", "sta", _("statement")),
    ("dispute_id", "dis", _("dispute")),
    ("payout_batch_id", "pob", _("payout batch")),
    ("payment_id", "pay", _("payment")),
    ("payout_id", "po", _("payout")),
    ("refund_id", "ref", _("refund")),
)

# What needs no more than its word.
WORDS: Mapping[str, str | Promise] = {
    "lines": _("lines"),
    "lines_not_paid": _("lines that are not paid"),
    "digest": _("fingerprint of the list"),
    "refunded_before": _("given back before"),
}


def may_decide(request: HttpRequest) -> bool:
    return any(request.user.has_perm(permission) for permission in PERMISSIONS)


def title_of(action: str) -> str:
    known = approvable_actions().get(action)
    return str(known.title) if known else action


def show_details(row: ApprovalRequest) -> list[str]:
    """What the action is given, in words; what has none here, by its name. A character that nobody
    sees is named: another address, or another name, would look like the right one."""
    return [_shown(line) for line in _details(row)]


def _shown(line: str) -> str:
    whole = shown_whole(line)
    # What is marked as new, or gone, stays so: see rules.compared_lines.
    return mark_safe(whole) if isinstance(line, SafeString) else whole  # noqa: S308


def _details(row: ApprovalRequest) -> list[str]:
    if row.action == "approval_rule.change":
        return _show_rule_change(row)
    action = approvable_actions().get(row.action)
    told = action.lines(row.payload) if action else None
    if told is not None:
        return list(told)
    rest = dict(row.payload)
    found: list[tuple[object, object]] = []
    for name, prefix, word in REFERENCES:
        if name in rest:
            found.append((word, encode_id(prefix, UUID(rest.pop(name)))))
    if "amount" in rest:
        amount, currency = rest.pop("amount"), rest.pop("currency", "")
        found.append(
            (_("amount"), show_money(amount, currency) if currency else grouped(int(amount)))
        )
        if "fees" in rest:
            found.append((_("of which fees and taxes"), show_money(rest.pop("fees"), currency)))
    if "sequence" in rest:
        found.append((_("moves of its state so far"), rest.pop("sequence")))
    others = [(WORDS.get(name, name), value) for name, value in rest.items()]
    return _lines([*found, *others])


def _show_rule_change(row: ApprovalRequest) -> list[str]:
    # A rule has no versions: once it is decided, nobody knows what held before.
    is_pending = row.status == ApprovalRequest.Status.PENDING
    rule = ApprovalRule.objects.filter(pk=UUID(row.payload["rule_id"])).first()
    before = show_rule(rule_as_said(rule)) if rule and is_pending else []
    return compared_lines(before, show_rule(row.payload))


def rule_as_said(rule: ApprovalRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in FIELDS}


def show_evidence(
    row: ApprovalRequest, evidence: Evidence | None, *, view: str = "approvals_evidence"
) -> SafeString | str:
    """A link to the file that proves the reason, its size, how its SHA-256 begins; "" of none."""
    if evidence is None:
        return ""
    return format_html(
        '<a class="lomi-link" href="{}">{}</a> <span class="lomi-faint">{} · SHA-256 {}…</span>',
        reverse(f"admin:{view}", args=[row.pk]),
        evidence.name or _("a file that does not open"),
        filesizeformat(evidence.size),
        evidence.sha256.hex()[:16],
    )


def show_rule(said: Mapping[str, Any]) -> list[str]:
    """A rule's fields, in words: its conditions, and whom it demands."""
    conditions: list[tuple[object, object]] = [
        (_("rule"), said["name"]),
        (_("action"), title_of(said["action"])),
        (_("amount"), show_band(said)),
        (_("rail"), said["rail"]),
        (_("made"), said["how"] and ApprovalRule.How(said["how"]).label),
        (_("payee"), said["payee"] and ApprovalRule.Payee(said["payee"]).label),
        (_("made by"), ", ".join(show_makers(said.get("makers", ())))),
        (_("decided by"), ", ".join(show_steps(said["steps"]))),
        # What the release before asked for says nothing of keys.
        (_("or by"), said.get("keys_may_decide") and _("another key of the merchant")),
        (_("state"), _("enabled") if said["is_enabled"] else _("switched off")),
    ]
    return _lines((word, value) for word, value in conditions if value)


def show_band(said: Mapping[str, Any]) -> str:
    low, high, currency = said["amount_min"], said["amount_max"], said["currency"]
    if currency not in EXPONENTS:
        return ""
    if low is None and high is None:
        return str(currency)
    first = show_money(low or 0, currency)
    if high is None:
        band = str(_("%(amount)s or more") % {"amount": first})
    else:
        band = f"{first} – {show_money(high, currency)}"
    # What the release before asked for says nothing of sums.
    of, hours = said.get("sum_of"), said.get("sum_hours")
    if not of:
        return band
    return str(SUMS[of]) % {"band": band, "hours": hours}


# What of a rule's band, in words.
SUMS = {
    ApprovalRule.SumOf.PAYEE.value: _("%(band)s to one payee of a merchant within %(hours)s hours"),
    ApprovalRule.SumOf.MERCHANT.value: _("%(band)s of a merchant in all within %(hours)s hours"),
}


def show_makers(makers: Iterable[str]) -> list[str]:
    """Whom a rule names as who made it: people and roles by their names, programs by their ids."""
    makers = list(makers)
    people = {f"{USER}{one.pk}": str(one) for one in _named(User, USER, makers)}
    roles = {f"{ROLE}{one.pk}": one.name for one in _named(Group, ROLE, makers)}
    return [{**people, **roles}.get(one, one.partition(":")[2]) for one in makers]


def _named(model: Any, prefix: str, makers: Iterable[str]) -> Iterable[Any]:
    ids = [int(one.removeprefix(prefix)) for one in makers if one.startswith(prefix)]
    return model.objects.filter(pk__in=ids) if ids else ()


def show_steps(
    steps: Iterable[Mapping[str, Any]], names: Mapping[int, str] | None = None
) -> list[str]:
    """ "2 persons of finance", then the next. `names`: of the roles, read once for many rules."""
    steps = list(steps)
    if names is None:
        names = dict(Group.objects.values_list("pk", "name"))
    found = []
    for number, one in enumerate(steps, 1):
        text = ngettext("%(count)d person", "%(count)d persons", one["persons"]) % {
            "count": one["persons"]
        }
        if one["group"]:
            text = _("%(persons)s of %(role)s") % {
                "persons": text,
                "role": names.get(one["group"], "?"),
            }
        found.append(f"{number}. {text}" if len(steps) > 1 else str(text))
    return found


def show_waiting(waiting: Waiting) -> str:
    """ "step 2 of 2, by finance"; "" once it is over."""
    if waiting.step is None:
        return ""
    return str(
        _("step %(step)d of %(steps)d, by %(role)s")
        % {
            "step": waiting.step,
            "steps": waiting.steps,
            "role": waiting.role or _("anybody who may decide"),
        }
    )


def show_done(waiting: Waiting) -> list[str]:
    lines = []
    for one in waiting.done:
        who = (
            _("%(person)s for %(absent)s") % {"person": one.person, "absent": one.stands_for}
            if one.stands_for_id
            else str(one.person)
        )
        word = (
            _("step %(step)d approved") % {"step": one.step} if one.is_approved else _("rejected")
        )
        line = f"{capfirst(str(word))}: {who}, {show_time(one.decided_at)}"
        lines.append(f"{line}. {one.reason}" if one.reason else line)
    return lines


def waiting_cards(request: HttpRequest, found: Iterable[Waiting]) -> list[dict[str, Any]]:
    """What the card of a thing that waits shows: staff/approvals/waiting_cards.html."""
    return [
        {
            "request": waiting.request,
            "title": title_of(waiting.request.action),
            "waiting": show_waiting(waiting),
            "done": show_done(waiting),
            "may_decide": may_decide(request),
        }
        for waiting in found
    ]


def _lines(facts: Iterable[tuple[object, object]]) -> list[str]:
    return [f"{capfirst(str(word))}: {value}" for word, value in facts]
