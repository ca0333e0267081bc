from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.test.utils import override_settings
from hypothesis import given
from hypothesis import strategies as st

from apps.vault.encryption import (
    NONCE_BYTES,
    DecryptionFailed,
    EncryptionKeyMissing,
    decrypt,
    encrypt,
    encrypt_all,
)
from apps.vault.tests.conftest import KEY_1, KEY_2

MSISDN = "237677000001"
CONTEXT = "payments_payment.payer_msisdn"
ROW = UUID(int=1)
OTHER_ROW = UUID(int=2)
HEADER_BYTES = 2 + len("k1")


@given(
    text=st.text(st.characters(exclude_categories=())),
    context=st.text(max_size=40),
    row_id=st.uuids(),
)
def test_any_text_comes_back_the_same(text, context, row_id):
    encrypted = encrypt(text, context=context, row_id=row_id)

    assert decrypt(encrypted, context=context, row_id=row_id) == text
    assert decrypt(memoryview(encrypted), context=context, row_id=row_id) == text


def test_the_text_is_not_in_what_is_stored():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    assert MSISDN.encode() not in encrypted
    assert len(encrypted) == HEADER_BYTES + NONCE_BYTES + len(MSISDN) + 16


def test_the_layout_is_the_documented_one():
    # Rows encrypted by this release must open in every later one.
    stored = bytes.fromhex(
        "01026b31000102030405060708090a0b7531e12df2d2f22bbd71a7ba9d2b95250550abcc3335c4c7d04b5572"
    )

    assert decrypt(stored, context=CONTEXT, row_id=ROW) == MSISDN


def test_a_ciphertext_copied_to_another_row_fails():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    with pytest.raises(DecryptionFailed):
        decrypt(encrypted, context=CONTEXT, row_id=OTHER_ROW)


def test_a_ciphertext_copied_to_another_column_fails():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    with pytest.raises(DecryptionFailed):
        decrypt(encrypted, context="payments_payout.payee_msisdn", row_id=ROW)


def test_every_flipped_bit_is_found():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    for position in range(len(encrypted) * 8):
        altered = bytearray(encrypted)
        altered[position // 8] ^= 1 << position % 8
        with pytest.raises((DecryptionFailed, EncryptionKeyMissing)):
            decrypt(bytes(altered), context=CONTEXT, row_id=ROW)


def test_every_cut_is_found():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    for length in range(len(encrypted)):
        with pytest.raises(DecryptionFailed):
            decrypt(encrypted[:length], context=CONTEXT, row_id=ROW)


@given(st.binary(max_size=80))
def test_noise_never_opens(noise):
    for data in (noise, b"\x01\x02k1" + noise):
        with pytest.raises((DecryptionFailed, EncryptionKeyMissing)):
            decrypt(data, context=CONTEXT, row_id=ROW)


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_seals():
    before = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    with override_settings(VAULT_KEYS=f"k2:{KEY_2},k1:{KEY_1}"):
        after = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

        assert decrypt(before, context=CONTEXT, row_id=ROW) == MSISDN
        assert decrypt(after, context=CONTEXT, row_id=ROW) == MSISDN
        assert after.startswith(b"\x01\x02k2")


def test_a_key_removed_too_early_is_named():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    with (
        override_settings(VAULT_KEYS=f"k2:{KEY_2}"),
        pytest.raises(EncryptionKeyMissing, match="'k1'"),
    ):
        decrypt(encrypted, context=CONTEXT, row_id=ROW)


def test_another_key_under_the_same_id_does_not_open():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    with override_settings(VAULT_KEYS=f"k1:{KEY_2}"), pytest.raises(DecryptionFailed):
        decrypt(encrypted, context=CONTEXT, row_id=ROW)


def test_no_refusal_shows_the_text():
    encrypted = encrypt(MSISDN, context=CONTEXT, row_id=ROW)

    with pytest.raises(DecryptionFailed) as refusal:
        decrypt(encrypted, context=CONTEXT, row_id=OTHER_ROW)

    assert MSISDN not in repr(refusal.value)


def test_a_column_of_many_rows_opens_row_by_row_as_if_encrypted_one_by_one():
    rows = [uuid4() for _ in range(50)]
    texts = [None if number % 7 == 0 else f"+23767700{number:04}" for number in range(50)]

    found = encrypt_all(texts, context=CONTEXT, row_ids=rows)

    assert [
        one and decrypt(one, context=CONTEXT, row_id=row)
        for one, row in zip(found, rows, strict=True)
    ] == texts
    assert [one is None for one in found] == [text is None for text in texts]
    nonces = {one[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES] for one in found if one}
    assert len(nonces) == len(list(filter(None, texts)))


def test_a_nonce_never_repeats_over_100_000_seals():
    nonces = {
        encrypt(MSISDN, context=CONTEXT, row_id=ROW)[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
        for _ in range(100_000)
    }

    assert len(nonces) == 100_000


def test_threads_may_seal_and_unseal_together():
    def round_trip(number: int) -> bool:
        text, row_id = str(number), UUID(int=number)
        encrypted = encrypt(text, context=CONTEXT, row_id=row_id)
        return decrypt(encrypted, context=CONTEXT, row_id=row_id) == text

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(round_trip, range(2_000)))
