from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.core.money import Money


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A merchant's request, checked for shape. `phone` is as the payer wrote it.

    `is_checkout`: the payer writes it on our page; `phone` is "" then.

    `operator`: whose wallet it is, whatever the number says. `only_operator`: the door it came by
    serves no other.
    """

    money: Money
    phone: str = ""
    is_checkout: bool = False
    country: str = ""
    operator: str = ""
    only_operator: str = ""
    merchant_reference: str = ""
    description: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    return_url: str = ""
    cancel_url: str = ""
