from __future__ import annotations

import pytest

from apps.vault.masked_text import mask_text


@pytest.mark.parametrize(
    "text",
    [
        '{"partyId": "237677000001"}',
        "call +237 6 77 00 00 01 now",
        "00237677000001",
        "tel:+237677000001",
        "Wave 77 00 12 34, demain",
        "6 77 00 00 01",
    ],
)
def test_a_number_is_hidden_whoever_it_belongs_to(text):
    masked = mask_text(text)

    assert "7700" not in masked.replace(" ", "")


@pytest.mark.parametrize("local", ["677000001", "77000001", "0677000001", "6 77 00 00 01"])
def test_a_known_number_is_hidden_in_its_local_forms_too(local):
    assert mask_text(f"payer {local}.", msisdn="237677000001") == "payer +237 •••••••01."


def test_what_is_said_to_be_no_number_is_kept():
    text = '{"financialTransactionId": "3634404630"}'

    assert mask_text(text, msisdn="237677000001", keep={"3634404630"}) == text
    assert "3634404630" not in mask_text(text)


@pytest.mark.parametrize("text", ["125 000 000 XOF", "2026-11-22 10:00:00", "192.168.10.100"])
def test_amounts_days_and_addresses_are_kept(text):
    assert mask_text(text) == text


def test_amounts_ids_and_secrets():
    assert mask_text('{"amount": "125000000"}') == '{"amount": "125000000"}'
    assert mask_text("pay_01m80bt719e2bv0c2pd9g3tnhg") == "pay_01m80bt719e2bv0c2pd9g3tnhg"
    assert "abc" not in mask_text("Bearer abcdef")
