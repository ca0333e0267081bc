from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from django.utils.translation import gettext as _

from apps.core.money import Money, NoFixedParity
from apps.fees.rules.check_lines import FeeLinesRefused
from apps.fees.rules.fee_terms import CONDITIONS, FeeTerms


def check_parity(lines: Sequence[FeeTerms], served: Collection[tuple[str, str]]) -> None:
    """That every line can be said in all currencies that it may be chosen for: what is charged is
    never refused for want of a parity.

    Args:
        served: connector and currency of each account that moves money.

    Raises:
        FeeLinesRefused: a line has amounts, and neither names its currency nor gives way to a line
            for the same that names the one without a parity.
    """
    for number, line, currency in without_parity(lines, served):
        raise FeeLinesRefused(
            _(
                "Line %(number)d has amounts in %(said_in)s, which has no fixed parity with"
                " %(currency)s: write a line for the same in %(currency)s, from amount 0."
            )
            % {"number": number, "said_in": line.said_in, "currency": currency}
        )


def without_parity(
    lines: Sequence[FeeTerms], served: Collection[tuple[str, str]]
) -> Iterator[tuple[int, FeeTerms, str]]:
    """Each line that cannot be said in a currency for which it may be chosen: its number from 1,
    the line, and the currency. `served` as for check_parity."""
    for number, line in enumerate(lines, 1):
        if not (line.amount_from or line.fixed or line.fee_min or line.fee_max):
            continue
        for connector, currency in sorted(served):
            if line.provider not in ("", connector) or line.currency not in ("", currency):
                continue
            if not _has_parity(line.said_in, currency) and not _gives_way(line, lines, currency):
                yield number, line, currency


def _has_parity(said_in: str, currency: str) -> bool:
    try:
        Money(0, said_in).converted_to(currency)
    except NoFixedParity:
        return False
    return True


def _gives_way(line: FeeTerms, lines: Sequence[FeeTerms], currency: str) -> bool:
    """One that says the currency besides says more, and is chosen."""
    others = [name for name in CONDITIONS if name != "currency"]
    return any(
        other.currency == currency
        and not other.amount_from
        and other.operation == line.operation
        and all(getattr(other, name) == getattr(line, name) for name in others)
        for other in lines
    )
