"""What a payment's admin page says in words, with nothing in them that a screen may not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.core.admin import pretty_json, show_time
from apps.core.money import Money
from apps.payments.admin_sections import read_sections
from apps.payments.models import (
    ATTEMPT_FINAL,
    Attempt,
    AttemptStatus,
    Payment,
    PaymentStatus,
    StatusChange,
)
from apps.payments.selectors.timeline import TimelineEntry, read_timeline
from apps.payments.services.create_payment import PAYER_CONTEXT
from apps.providers.contract import FailureCode
from apps.providers.models import Callback, ProviderAccount
from apps.providers.rules.failures import FAILURES
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt
from apps.vault.masked_text import mask_text
from apps.webhooks.models import Delivery

# What each status means, for whoever has the merchant on the telephone.
SENTENCES: Mapping[str, str | Promise] = {
    PaymentStatus.PENDING: _("Waiting for the payer to approve."),
    PaymentStatus.REQUIRES_ACTION: _("The payer has to open the provider's page."),
    PaymentStatus.AUTHORIZED: _("The money is reserved and not yet taken."),
    PaymentStatus.VERIFYING: _("We do not know the outcome, and are asking the provider."),
    PaymentStatus.SUCCEEDED: _("Paid and booked."),
    PaymentStatus.EXPIRED: _("Nobody answered in time. A late success would still be booked."),
    PaymentStatus.CANCELED: _("Canceled before it was paid."),
}

# Kind of a timeline entry -> its symbol in unfold's font.
SYMBOLS = {
    "status": "flag",
    "attempt": "send",
    "callback": "call_received",
    "transfer": "account_balance",
    "webhook": "webhook",
    "statement": "receipt_long",
    "discrepancy": "rule",
}


# The ledger's own words, which its models keep to themselves.
TRANSFER_KINDS = {"gross": _("gross"), "fee": _("fee")}


# Why an account was not asked, as apps.routing.rules.candidates keeps it.
ROUTING_REASONS: Mapping[str, str | Promise] = {
    "kept": _("usable"),
    "no connector": _("no connector"),
    "other mode": _("other mode"),
    "another merchant's": _("another merchant’s"),
    "closed by staff": _("closed by staff"),
    "cannot collect": _("cannot collect"),
    "other operator": _("other operator"),
    "other currency": _("other currency"),
    "amount too small": _("amount too small"),
    "amount too large": _("amount too large"),
}


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A timeline entry with nothing left in it that a screen may not show."""

    entry: TimelineEntry
    symbol: str
    title: str
    detail: str
    data: str


def sentence_of(payment: Payment) -> str | Promise:
    if payment.failure_code in FAILURES:
        return FAILURES[FailureCode(payment.failure_code)].agent
    return SENTENCES.get(payment.status, payment.failure_code)


def shown_routing(payment: Payment) -> list[str]:
    """The accounts looked at, the best first, and why each was kept or not."""
    accounts = ProviderAccount.objects.in_bulk([one["account"] for one in payment.candidates])
    labels = {str(pk): account.label for pk, account in accounts.items()}
    return [
        f"{place}. {labels.get(one['account'], one['provider'])}: "
        f"{ROUTING_REASONS.get(one['reason'], one['reason'])}"
        for place, one in enumerate(payment.candidates, start=1)
    ]


def warnings_of(attempts: Sequence[Attempt], zone: str) -> list[str]:
    """What an agent must know before promising anything."""
    found = []
    for attempt in attempts:
        if attempt.contradiction:
            text = _("The provider contradicts itself or us: %(what)s.")
            found.append(text % {"what": own_text(attempt.payment, attempt.contradiction)})
        if attempt.status in ATTEMPT_FINAL:
            if attempt.needs_person:
                text = _("The provider knows of an attempt that we had closed: it may be paid.")
                found.append(str(text))
            continue
        if attempt.needs_person:
            found.append(str(_("The machine has given up asking: a person has to find out.")))
        elif attempt.next_check_at is not None:
            text = _("The provider is asked again at %(time)s.")
            found.append(text % {"time": show_time(attempt.next_check_at, zone)})
    return found


def shown_timeline(payment: Payment, attempts: Sequence[Attempt]) -> list[ShownEntry]:
    msisdn = payer_of(payment)
    keep = {attempt.provider_reference for attempt in attempts}
    keep |= {attempt.statement_reference for attempt in attempts}

    def masked(text: str) -> str:
        return mask_text(text, msisdn=msisdn, keep=keep)

    raw = {attempt.public_id: attempt.raw for attempt in attempts if attempt.raw}
    entries = sorted([*read_timeline(payment), *read_sections(payment)], key=lambda entry: entry.at)
    shown = []
    for entry in reversed(entries):
        data = dict(entry.data)
        if entry.kind == "attempt" and data["id"] in raw:
            # Only the last answer is kept: it belongs to the attempt's last entry.
            data["raw"] = raw.pop(data["id"])
        title, detail = _told(entry, payment.currency)
        shown.append(
            ShownEntry(
                entry=entry,
                symbol=SYMBOLS.get(entry.kind, "circle"),
                title=masked(title),
                detail=masked(detail),
                data=masked(pretty_json(data)) if data else "",
            )
        )
    return shown[::-1]


def _told(entry: TimelineEntry, currency: str) -> tuple[str, str]:
    """Title and detail in the reader's language."""
    data = entry.data
    if entry.kind == "status":
        text = _("Payment: %(status)s (%(source)s)")
        values = {
            "status": PaymentStatus(data["to"]).label,
            "source": StatusChange.Source(data["source"]).label,
        }
        return text % values, entry.detail
    if entry.kind == "attempt":
        text = _("Attempt: %(status)s (%(source)s)")
        values = {
            "status": AttemptStatus(data["to"]).label,
            "source": StatusChange.Source(data["source"]).label,
        }
        return text % values, entry.detail
    if entry.kind == "callback":
        text = _("Callback from the provider: %(status)s")
        return text % {"status": Callback.Status(data["status"]).label}, entry.detail
    if entry.kind == "transfer":
        text = _("Booked, %(kind)s: %(money)s")
        money = Money(data["amount"], currency)
        return text % {"kind": TRANSFER_KINDS.get(data["kind"], data["kind"]), "money": money}, ""
    if entry.kind == "webhook":
        text = _("Webhook: %(status)s")
        tries = data["tries"]
        detail = ngettext("%d try", "%d tries", tries) % tries if tries else ""
        if tries and data["status"] != Delivery.Status.DELIVERED:
            detail = f"{detail}, {entry.detail}"
        return text % {"status": Delivery.Status(data["status"]).label}, detail
    return str(entry.title), str(entry.detail)


def own_text(payment: Payment, text: str) -> str:
    """What a merchant wrote; many write the payer's number into a reference."""
    return mask_text(text, msisdn=payer_of(payment), keep={text}) or "–"


def payer_of(payment: Payment) -> str:
    """The payer's number, to find it in texts and hide it there; "" when it does not open."""
    try:
        return decrypt(payment.payer_msisdn_encrypted, context=PAYER_CONTEXT, row_id=payment.pk)
    except (DecryptionFailed, EncryptionKeyMissing):
        return ""
