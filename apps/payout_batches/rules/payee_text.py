"""What a payee can be told by SMS: the merchant sends it, by whom it likes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

# What one SMS holds, in the alphabet that every telephone has (GSM 03.38, here without line
# breaks). Of anything else an SMS holds 70 characters.
SMS_LENGTH = 160
GSM_ALPHABET = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
OPERATOR_NAMES: Mapping[str, str] = {
    "mtn": "MTN", "orange": "Orange", "moov": "Moov", "airtel": "Airtel", "wave": "Wave",
}  # fmt: skip
# By language: the sentence, and what stands before a reference.
TEXTS: Mapping[str, tuple[str, str]] = {
    "fr": ("{merchant} vous a versé {amount} sur votre compte {operator}.", " Réf. {reference}"),
    "en": ("{merchant} paid {amount} into your {operator} account.", " Ref. {reference}"),
}


def payee_text(*, merchant: str, amount: str, operator: str, reference: str, language: str) -> str:
    """One SMS at most. A long name is shortened, a reference that finds no room left out; the
    amount stands there whole.

    Args:
        amount: with its currency, as people read it.
        language: "fr" or "en".
    """
    sentence, suffix = TEXTS[language]
    words = {
        "amount": _in_alphabet(amount),
        "operator": _in_alphabet(OPERATOR_NAMES.get(operator, operator)),
    }
    room = SMS_LENGTH - len(sentence.format(merchant="", **words))
    text = sentence.format(merchant=_in_alphabet(merchant)[:room].strip() or "LOMI", **words)
    of_reference = suffix.format(reference=_in_alphabet(reference))
    has_room = reference and len(text) + len(of_reference) <= SMS_LENGTH
    return text + of_reference if has_room else text


def _in_alphabet(text: str) -> str:
    """Each character that the alphabet lacks by its letter without accent, or left out."""
    return "".join(_letter(one) for one in unicodedata.normalize("NFC", text))


def _letter(character: str) -> str:
    if character in GSM_ALPHABET:
        return character
    if character.isspace():
        return " "
    first = unicodedata.normalize("NFKD", character)[0]
    return {"’": "'", "‘": "'", "–": "-", "—": "-"}.get(
        character, first if first in GSM_ALPHABET else ""
    )
