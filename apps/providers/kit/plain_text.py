"""Text for rails that take plain Latin letters only."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart, as people write them without their accents:
# European ones and those of West African alphabets.
LETTERS = str.maketrans(
    {
        "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "TH",
        "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "ng", "Ŋ": "NG",
        "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ɖ": "d", "Ɖ": "D", "ɛ": "e", "Ɛ": "E",
        "ə": "e", "Ə": "E", "ǝ": "e", "Ǝ": "E", "ƒ": "f", "Ƒ": "F", "ɣ": "g", "Ɣ": "G",
        "ɩ": "i", "Ɩ": "I", "ƙ": "k", "Ƙ": "K", "ɲ": "ny", "Ɲ": "NY", "ɔ": "o", "Ɔ": "O",
        "ʋ": "v", "Ʋ": "V", "ƴ": "y", "Ƴ": "Y", "ʔ": "",
    }
)  # fmt: skip
HYPHENS = re.compile("[‐-―−]")


def plain_text(text: str, *, length_max: int) -> str:
    """Letters, digits, hyphens and single spaces only; accents are lost to their letter
    ("Cœur d'été" -> "Coeur d ete"). "" when no letter and no digit is left.
    """
    apart = unicodedata.normalize("NFKD", HYPHENS.sub("-", text).translate(LETTERS))
    letters = "".join(_latin(letter) for letter in apart if not unicodedata.combining(letter))
    words = " ".join(re.sub(r"[^A-Za-z0-9 -]", " ", letters).split())
    # What is left of another script's text are its hyphens.
    if not re.search("[A-Za-z0-9]", words):
        return ""
    return words[:length_max].strip()


def first_plain_text(*texts: str, length_max: int) -> str:
    """The first of these that leaves anything; the last should always."""
    for text in texts:
        if plain := plain_text(text, length_max=length_max):
            return plain
    return ""


def _latin(letter: str) -> str:
    """Digits of every script are digits."""
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
