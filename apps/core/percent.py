"""A share in words."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format


def percent(basis_points: Decimal | int) -> str:
    """As people of the language in force write it: "1.5 %"."""
    share = (Decimal(basis_points) / 100).normalize()
    return f"{number_format(f'{share:f}')}\u00a0%"
