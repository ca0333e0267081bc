from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.merchants.models import Merchant


class MerchantDisabled(DomainError):
    code = "merchant_disabled"
    status = 409
    title = "The merchant is disabled: nothing is sent for it."
    staff_words = _("The merchant is disabled.")


def refuse_disabled(merchant_id: UUID) -> None:
    """Nothing more is sent for a merchant that staff disabled. One query: what was read a second
    ago may have changed since.

    Raises:
        MerchantDisabled.
    """
    if not Merchant.objects.filter(pk=merchant_id, is_active=True).exists():
        raise MerchantDisabled("Enable the merchant again first.")
