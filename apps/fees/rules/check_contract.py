from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.fees.models import FeeReturn
from apps.fees.rules.check_lines import FeeLinesRefused
from apps.fees.rules.fee_terms import CONDITIONS, FeeTerms


def check_contract(lines: Sequence[FeeTerms], *, fee_return: str = FeeReturn.NONE) -> None:
    """What only a contract with a provider must not say: its account is one provider's, of one
    country and currency, and it charges its fees without a tax of their own.

    Raises:
        FeeLinesRefused: a line says it is for less than an operation and a band, or has a tax;
            refunds would give something back.
    """
    for number, line in enumerate(lines, 1):
        if any(getattr(line, name) for name in CONDITIONS) or line.tax_basis_points:
            raise FeeLinesRefused(
                _(
                    "Line %(number)d: a contract’s line says an operation, a band and a price, and"
                    " nothing else."
                )
                % {"number": number}
            )
    if fee_return != FeeReturn.NONE:
        raise FeeLinesRefused(_("A provider gives nothing back of its fees."))
