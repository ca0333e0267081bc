import base64

import pytest
from django.test.utils import override_settings

from apps.vault.key_ring import InvalidKeyRing, KeyRing, current_key_ring
from apps.vault.tests.conftest import KEY_1, KEY_2


def test_the_first_key_is_the_current_one():
    ring = KeyRing.from_text(f"k2:{KEY_2}, k1:{KEY_1}")

    assert ring.current_id == "k2"
    assert ring.keys == {"k2": base64.b64decode(KEY_2), "k1": base64.b64decode(KEY_1)}


def test_a_ring_never_shows_its_keys():
    ring = KeyRing.from_text(f"k2:{KEY_2},k1:{KEY_1}")

    shown = f"{ring} {ring!r}"

    assert shown == "KeyRing(current_id='k2') KeyRing(current_id='k2')"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "entry 1"),
        (KEY_1, "entry 1"),
        (f"k1:{KEY_1},", "entry 2"),
        (f"k1:{KEY_1},{KEY_2}:k2", "entry 2"),
        (f"K1:{KEY_1}", "entry 1"),
        (f"k1:{KEY_1},k1:{KEY_2}", "key k1"),
        (f"k1:{KEY_1[:-4]}", "key k1"),
        (f"k1:{KEY_1[:-1]}", "key k1"),
        (f"k1:{KEY_1[:20]}!{KEY_1[21:]}", "key k1"),
        ("k1:é" + KEY_1, "key k1"),
    ],
)
def test_a_bad_ring_is_refused_by_name_without_its_key(text, named):
    with pytest.raises(InvalidKeyRing) as refusal:
        KeyRing.from_text(text)

    message = str(refusal.value)
    assert named in message
    assert KEY_1[:8] not in message
    assert KEY_2[:8] not in message
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_an_entry_cannot_be_changed():
    ring = KeyRing.from_text(f"k1:{KEY_1}")

    with pytest.raises(TypeError):
        ring.keys["k1"] = b""  # type: ignore[index]


def test_new_settings_make_a_new_ring():
    assert current_key_ring().current_id == "k1"

    with override_settings(VAULT_KEYS=f"k2:{KEY_2}"):
        assert current_key_ring().current_id == "k2"
        assert current_key_ring() is current_key_ring()

    assert current_key_ring().current_id == "k1"
