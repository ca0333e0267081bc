from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from apps.orchestration.selectors.money_out import money_out
from apps.settlement.models import BankAnswerLine, BankFile, Contradiction, Said
from apps.settlement.rules.reasons import reason_in_words
from apps.settlement.rules.refusals import BankFileOutdated, MoneyOutHeld
from apps.settlement.selectors.why_not_paid import why_not_paid

SHOWN_MAX = 5


def check_still_payable(file: BankFile, *, now: datetime) -> None:
    """A file pays what held when it was made: who was disabled since, has another payee, or may
    have been paid twice by our bank is not paid by it.

    Raises:
        MoneyOutHeld: no money leaves now.
        BankFileOutdated: it names some of them.
    """
    if money_out().is_held:
        raise MoneyOutHeld
    settlements = list(file.settlements.select_related("merchant").order_by("id"))
    found = why_not_paid(settlements, livemode=file.livemode, currency=file.currency, now=now)
    twice = set(
        BankAnswerLine.objects.filter(
            closed_at__isnull=True,
            contradiction__in=[Contradiction.PAID_AFTER_REJECTED, Contradiction.NOT_IN_FILE],
            settlement__livemode=file.livemode,
            settlement__currency=file.currency,
            settlement__merchant__in={one.merchant_id for one in settlements},
        )
        .exclude(said=Said.REJECTED)
        .values_list("settlement__merchant_id", flat=True)
    )
    for one in settlements:
        if one.merchant_id in twice:
            found.setdefault(one.pk, "bank_contradicts")
    if not found:
        return
    whom = [
        f"{one.merchant.name}, {one.full_number}: {reason_in_words(found[one.pk])}"
        for one in settlements
        if one.pk in found
    ]
    shown = " ".join(whom[:SHOWN_MAX])
    raise BankFileOutdated(_("This file must not be used, make another: %(why)s") % {"why": shown})
