from __future__ import annotations

from apps.fees.models import FeeReturn


def returned_fee(fee_return: str, fee: int, *, refunded: int, collected: int) -> int:
    """What of a fee is given back by now: never more than it, and never less than before as
    `refunded` grows.

    Args:
        fee: what was charged, or the tax on it; minor units, as all here.
        refunded: of all refunds of the payment that succeeded.
        collected: by the payment.
    """
    if fee_return == FeeReturn.PROPORTIONAL:
        return fee * refunded // collected
    if fee_return == FeeReturn.FULL and refunded == collected:
        return fee
    return 0
