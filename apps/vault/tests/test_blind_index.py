import base64

import pytest
from django.test.utils import override_settings

from apps.vault.blind_index import (
    InvalidIndexKey,
    blind_index,
    search_index,
    search_indexes,
)
from apps.vault.tests.conftest import KEY_1, KEY_2

MSISDN = "237677000001"


def test_equal_values_meet():
    assert blind_index(MSISDN, purpose="msisdn") == blind_index(MSISDN, purpose="msisdn")


def test_the_index_is_the_stored_one():
    # Another digest here and no row of before is found any more.
    stored = "1b41d07c5a8621d9ee0dd35cd942e2ee0ab1fdbfb4cb8fbee00fcec6eb729502"

    assert blind_index(MSISDN, purpose="msisdn").hex() == stored


def test_indexes_of_two_purposes_never_meet():
    assert blind_index(MSISDN, purpose="msisdn") != blind_index(MSISDN, purpose="document")
    assert blind_index("b", purpose="a") != blind_index("", purpose="ab")


def test_without_the_key_an_index_cannot_be_made_again():
    index = blind_index(MSISDN, purpose="msisdn")

    with override_settings(VAULT_INDEX_KEY=KEY_1):
        assert blind_index(MSISDN, purpose="msisdn") != index


def test_ten_thousand_numbers_have_ten_thousand_indexes_of_32_bytes():
    indexes = {
        blind_index(str(237677000000 + number), purpose="msisdn") for number in range(10_000)
    }

    assert len(indexes) == 10_000
    assert {len(index) for index in indexes} == {32}


@pytest.mark.parametrize("key", ["", "not base64!", base64.b64encode(bytes(31)).decode()])
def test_a_bad_key_is_refused_by_the_name_of_its_setting(key):
    with override_settings(VAULT_INDEX_KEY=key), pytest.raises(InvalidIndexKey) as refusal:
        blind_index(MSISDN, purpose="msisdn")

    assert "VAULT_INDEX_KEY" in str(refusal.value)
    assert not key or key not in str(refusal.value)


def test_a_search_looks_under_every_key_and_the_first_is_written_with():
    alone = search_index(MSISDN, purpose="msisdn")
    assert alone == blind_index(MSISDN, purpose="msisdn")

    with override_settings(VAULT_SEARCH_KEYS=f"s2:{KEY_1}, index"):
        first, second = search_indexes(MSISDN, purpose="msisdn")

        assert search_index(MSISDN, purpose="msisdn") == first != second == alone
        # Secrets of our own making are found as before.
        assert blind_index(MSISDN, purpose="msisdn") == alone


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "index,index",
        "elsewhere",
        f"s2:{KEY_1},s2:{KEY_2}",
        f"index:{KEY_1}",
        f"ten_letters:{KEY_1}",
        f"s2:{KEY_1[:-8]}",
        f"s2:{KEY_1},",
    ],
)
def test_bad_search_keys_are_refused_by_the_name_of_their_setting(keys):
    with override_settings(VAULT_SEARCH_KEYS=keys), pytest.raises(InvalidIndexKey) as refusal:
        search_index(MSISDN, purpose="msisdn")

    assert "VAULT_SEARCH_KEYS" in str(refusal.value)
    assert KEY_1[:20] not in str(refusal.value)
