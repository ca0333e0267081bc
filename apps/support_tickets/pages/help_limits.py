"""How often payers may write to support."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.client_address import Address
from apps.core.errors import DomainError
from apps.core.rate_limit import Limit, acquire, refuse
from apps.merchants.limits import network_key

HOUR_S = 3600


class HelpRateLimited(DomainError):
    code = "help_rate_limited"
    status = 429
    title = "Too many messages in a short time."
    staff_words = _("Many messages came in a short time. Nothing was sent: try again later.")


def limit_help(*, payment_id: UUID, address: Address | None) -> None:
    """Count what is written about a payment, and from a network. Raises HelpRateLimited."""
    quotas = settings.RATE_LIMITS
    counted = (
        ("help_payment", payment_id.hex, quotas["help_payment_hour"]),
        ("help_address", network_key(address), quotas["help_address_hour"]),
    )
    refuse(
        acquire(
            [
                Limit(policy=policy, key=key, quota=quota, window_s=HOUR_S, refusal=HelpRateLimited)
                for policy, key, quota in counted
            ]
        )
    )
