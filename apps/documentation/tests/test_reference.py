"""The reference speaks French as well as English."""

from __future__ import annotations

import json

from apps.documentation import reference

SAID_IN = ("summary", "description", "title", "x-displayName")


def _texts(part):
    if isinstance(part, dict):
        for name, inner in part.items():
            if name in SAID_IN and isinstance(inner, str):
                yield inner
            elif name != "example":
                yield from _texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _texts(inner)


def test_every_text_of_the_reference_has_its_french_and_no_french_is_left_over():
    texts = set(_texts(reference.read_document())) - {"LOMI AFRICA"}
    french = json.loads(reference.FRENCH.read_text())

    assert not {text for text in texts if not french.get(text)}
    assert not french.keys() - texts


def test_french_texts_keep_their_codes_and_have_typographic_apostrophes():
    french = json.loads(reference.FRENCH.read_text())

    for english, text in french.items():
        assert "'" not in text, text
        assert sorted(english.split("`")[1::2]) == sorted(text.split("`")[1::2]), text


def test_the_reference_is_read_in_the_language_of_its_page():
    english, french = (reference.read_reference(language) for language in ("en", "fr"))

    assert [group.title for group in english][:2] == ["Payments", "Refunds"]
    assert [group.title for group in french][:2] == ["Paiements", "Remboursements"]
    assert [one.id for group in french for one in group.operations] == [
        one.id for group in english for one in group.operations
    ]
