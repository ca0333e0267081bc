import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.vault.masking import BULLET, mask_msisdn


@pytest.mark.parametrize(
    ("msisdn", "masked"),
    [
        ("237677000001", "+237 •••••••01"),
        ("+237677000001", "+237 •••••••01"),
        ("22890112345", "+228 ••••••45"),
        ("2290195123456", "+229 ••••••••56"),
        ("46733123450", "+46 •••••••50"),
        ("14155550123", "+1 ••••••••23"),
        ("00000001", "••••••01"),
        ("01234567", "••••••67"),
        ("23767", "+237 ••"),
        ("99", "••"),
        ("", ""),
    ],
)
def test_a_number_keeps_its_country_and_two_digits(msisdn, masked):
    assert mask_msisdn(msisdn) == masked


@given(st.text(st.characters(codec="ascii"), max_size=20) | st.text("0123456789", max_size=20))
def test_nothing_else_is_shown(text):
    masked = mask_msisdn(text)

    prefix, _, rest = masked.rpartition(" ") if masked.startswith("+") else ("", "", masked)
    hidden = rest.rstrip("0123456789") if text.isdecimal() else rest[:-2]
    assert set(hidden) <= {BULLET}
    assert len(rest) - len(hidden) <= 2
    assert not prefix or int(prefix) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    assert mask_msisdn(text) == masked
