"""What a payee is told fits in one SMS of any telephone, and says the amount whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payout_batches.rules.payee_text import GSM_ALPHABET, SMS_LENGTH, TEXTS, payee_text


@given(
    merchant=st.text(max_size=200),
    reference=st.text(max_size=64),
    amount=st.integers(1, 10**12),
    language=st.sampled_from(sorted(TEXTS)),
)
def test_it_is_one_sms_whatever_the_merchant_is_called(merchant, reference, amount, language):
    said = f"{amount} XAF"

    text = payee_text(
        merchant=merchant, amount=said, operator="mtn", reference=reference, language=language
    )

    assert len(text) <= SMS_LENGTH
    assert set(text) <= GSM_ALPHABET
    assert f" {said} " in text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "L'Hôtel vous a versé 150 000 XAF sur votre compte Orange. Réf. paie-7"),
        ("en", "L'Hôtel paid 150 000 XAF into your Orange account. Ref. paie-7"),
    ],
)
def test_it_reads_as_people_write(language, text):
    said = payee_text(
        merchant="L’Hôtel",
        amount="150\u202f000 XAF",
        operator="orange",
        reference="paie-7",
        language=language,
    )

    # No telephone's alphabet has ô.
    assert said == text.replace("ô", "o")
