"""Keys are recognised wherever they lie, and nothing else is taken for one."""

from __future__ import annotations

import random
import re
import string

import pytest

from apps.merchants.api_key_format import SCANNER, is_well_formed, new_key
from apps.merchants.models import ApiKey

AROUND = ['"{}"', "key={}", "Bearer {}\n", "x {}, y", "{}", "https://h/?k={}&x=1", "<{}>"]


def test_a_scanner_finds_every_key_in_any_text():
    keys = [
        new_key(kind=kind, livemode=livemode)
        for _ in range(250)
        for kind in ApiKey.Kind
        for livemode in (False, True)
    ]
    text = "\n".join(AROUND[n % len(AROUND)].format(key) for n, key in enumerate(keys))

    found = re.findall(SCANNER, text)

    assert len(keys) == 1_000
    assert found == keys
    assert all(is_well_formed(key) for key in found)


def test_a_scanner_takes_no_random_text_for_a_key():
    chance = random.Random(9)
    alphabet = string.ascii_letters + string.digits + "_"
    texts = ["".join(chance.choices(alphabet, k=51)) for _ in range(100_000)]

    assert [text for text in texts if re.search(SCANNER, text)] == []


def test_what_only_looks_like_a_key_fails_its_checksum():
    chance = random.Random(9)
    alphabet = string.ascii_letters + string.digits
    looking = ["lomi_sk_test_" + "".join(chance.choices(alphabet, k=38)) for _ in range(100_000)]

    assert all(re.search(SCANNER, text) for text in looking[:100])
    assert [text for text in looking if is_well_formed(text)] == []


@pytest.mark.parametrize(
    ("kind", "livemode", "head"),
    [
        ("secret", False, "lomi_sk_test_"),
        ("secret", True, "lomi_sk_live_"),
        ("restricted", False, "lomi_rk_test_"),
        ("restricted", True, "lomi_rk_live_"),
    ],
)
def test_a_key_says_what_it_is(kind, livemode, head):
    key = new_key(kind=kind, livemode=livemode)

    assert key.startswith(head)
    assert len(key) == len(head) + 38


def test_two_keys_are_never_the_same():
    keys = {new_key(livemode=False) for _ in range(10_000)}

    assert len(keys) == 10_000


def test_the_kind_of_a_key_cannot_be_rewritten():
    key = new_key(kind="restricted", livemode=False)

    assert not is_well_formed(key.replace("_rk_", "_sk_"))
    assert not is_well_formed(key.replace("_test_", "_live_"))
