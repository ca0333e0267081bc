"""Money: an integer in the currency's minor unit, and the currency. No floats, ever."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Digits after the decimal point. Source: ISO 4217, list one.
EXPONENTS = {"XOF": 0, "XAF": 0, "EUR": 2, "USD": 2}

# Of one payment, in minor units.
AMOUNT_MAX = 10**12


# Minor units in 1,000 euros, of the currencies with a fixed parity: 1 EUR is 655.957 XOF or XAF.
# Source: Council Regulation (EC) 2866/98 and Council Decision 98/683/EC.
IN_1000_EUROS = {"EUR": 100_000, "XOF": 655_957, "XAF": 655_957}

# ISO 80000-1: groups of three parted by a narrow space. A comma would be a decimal in French.
GROUP_MARK = "\u202f"


def grouped(number: int) -> str:
    """1500000 as "1 500 000", alike in every language."""
    return f"{number:,}".replace(",", GROUP_MARK)


def in_main_unit(amount: int, currency: str) -> Decimal:
    """Minor units as people write them, with the currency's decimals: 1234 of EUR is 12.34."""
    return Decimal(amount).scaleb(-EXPONENTS[currency])


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were mixed."""


class NoFixedParity(ValueError):
    """One currency has no fixed rate to the other; market rates are nobody's guess here."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`amount` in minor units of `currency` (ISO 4217): Money(1500, "XAF") is 1,500 francs."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"amount is whole minor units, not {type(self.amount).__name__}")
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same_currency(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same_currency(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same_currency(other)

    def share(self, basis_points: int) -> Money:
        """This many hundredths of a percent, half a minor unit rounded up.

        Money(333, "XAF").share(200) is 2 % of 333 = 6.66, so 7 francs.
        """
        return Money((self.amount * basis_points + 5_000) // 10_000, self.currency)

    def converted_to(self, currency: str) -> Money:
        """The same value at the fixed parity: 1 EUR is 655.957 XOF or XAF, so XOF is XAF at par.

        Half a minor unit is rounded up, once: Money(100, "XAF") is 15 cents (0.152 EUR), and
        Money(100, "EUR"), which is one euro, 656 francs.

        Raises:
            NoFixedParity: there is none between the two.
        """
        if currency == self.currency:
            return self
        if not {self.currency, currency} <= IN_1000_EUROS.keys():
            raise NoFixedParity(f"{self.currency} and {currency}")
        source, target = IN_1000_EUROS[self.currency], IN_1000_EUROS[currency]
        return Money((2 * self.amount * target + source) // (2 * source), currency)

    def __str__(self) -> str:
        exponent = EXPONENTS[self.currency]
        if not exponent:
            return f"{grouped(self.amount)} {self.currency}"
        whole, fraction = divmod(abs(self.amount), 10**exponent)
        sign = "-" if self.amount < 0 else ""
        return f"{sign}{grouped(whole)}.{fraction:0{exponent}} {self.currency}"

    def _same_currency(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount
