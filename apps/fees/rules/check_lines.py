from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.money import AMOUNT_MAX
from apps.fees.rules.fee_terms import CONDITIONS, FeeTerms

SHARE_MAX = 10_000
LINES_MAX = 100


class FeeLinesRefused(DomainError):
    code = "fee_lines_refused"
    status = 422
    title = "These lines are no fee plan."


def check_lines(lines: Sequence[FeeTerms]) -> None:
    """Raises:
    FeeLinesRefused: there is none, or too many; two are for the same; a share or an amount cannot
        be; the least is more than the most.
    """
    if not lines or len(lines) > LINES_MAX:
        raise FeeLinesRefused(_("A plan has between 1 and %(count)d lines.") % {"count": LINES_MAX})
    seen = set()
    for number, line in enumerate(lines, 1):
        what = (
            line.operation,
            *(getattr(line, name) for name in CONDITIONS),
            line.amount_from,
        )
        if what in seen:
            raise FeeLinesRefused(
                _("Line %(number)d is for the same as one before it.") % {"number": number}
            )
        seen.add(what)
        shares = (line.basis_points, line.tax_basis_points)
        amounts = (line.amount_from, line.fixed, line.fee_min, line.fee_max or 0)
        if not all(0 <= share <= SHARE_MAX for share in shares):
            raise FeeLinesRefused(
                _("Line %(number)d: a percentage is between 0 and 100.") % {"number": number}
            )
        if not all(0 <= amount <= AMOUNT_MAX for amount in amounts):
            raise FeeLinesRefused(
                _("Line %(number)d: an amount is too large, or negative.") % {"number": number}
            )
        if line.fee_max is not None and line.fee_max < line.fee_min:
            raise FeeLinesRefused(
                _("Line %(number)d: the least is more than the most.") % {"number": number}
            )
