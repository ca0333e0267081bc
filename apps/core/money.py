"""Money: an integer in the currency's minor unit, and the currency. No floats, ever."""

from __future__ import annotations

from dataclasses import dataclass

# Digits after the decimal point. Source: ISO 4217, list one.
EXPONENTS = {"XOF": 0, "XAF": 0, "EUR": 2, "USD": 2}


# ISO 80000-1: groups of three parted by a narrow space. A comma would be a decimal in French.
GROUP_MARK = "\u202f"


def grouped(number: int) -> str:
    """1500000 as "1 500 000", alike in every language."""
    return f"{number:,}".replace(",", GROUP_MARK)


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were mixed."""


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
