from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.providers.kit.plain_text import first_plain_text, plain_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Cœur d'été", "Coeur d ete"),
        ("Straße", "Strasse"),
        ("Æbleskiver, Łódź", "AEbleskiver Lodz"),
        ("Ɖɔkita Ŋutsu", "Dokita NGutsu"),
        ("№ 12 – ½", "No 12 - 1 2"),
        ("٣ ١٢", "3 12"),
        ("ﬁn", "fin"),
        ("طلب", ""),
        ("— & —", ""),
        ("", ""),
    ],
)
def test_letters_survive_and_the_rest_does_not(text, plain):
    assert plain_text(text, length_max=160) == plain


def test_the_first_text_that_leaves_anything_is_taken():
    assert first_plain_text("", "مخبز", "Café", "x", length_max=160) == "Cafe"


@given(st.text(), st.integers(min_value=1, max_value=200))
def test_nothing_else_ever_comes_out(text, length_max):
    assert re.fullmatch(r"([A-Za-z0-9 -]*[A-Za-z0-9-])?", plain_text(text, length_max=length_max))
    assert len(plain_text(text, length_max=length_max)) <= length_max
