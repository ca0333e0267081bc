"""What connectors and their kit know of currencies is what the platform knows."""

from apps.core.money import EXPONENTS
from apps.providers.kit.report_amount import DECIMALS


def test_a_report_has_the_decimals_of_every_currency_of_the_platform():
    assert {code: DECIMALS.get(code, 0) for code in EXPONENTS} == EXPONENTS
    assert set(DECIMALS) <= set(EXPONENTS)
