"""Whether the name a merchant wrote is the one that the rail has. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from apps.payout_batches.models import NameResult

# Letters that no accent explains.
LETTERS = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "ı": "i",
        "ɓ": "b",
        "ɗ": "d",
        "ƴ": "y",
        "ŋ": "n",
        "ɲ": "ny",
        "ɛ": "e",
        "ɔ": "o",
        "ə": "e",
        # N’Diaye is Ndiaye.
        **dict.fromkeys("'’‘ʼʹ`´ꞌ", ""),
    }
)
TITLES = frozenset({"mr", "mme", "mlle", "monsieur", "madame", "mademoiselle", "dr", "mrs", "ms"})
# More words than anybody has; the rest is not compared.
WORDS_MAX = 16
# Two spellings of one word: Ibrahima and Ibrahim, Ouedraogo and Ouedrago.
SPELLING_MIN = 80.0
# An initial says less than a word.
SAME, INITIAL = 100.0, 90.0
MATCH_MIN, CLOSE_MIN = 90, 70
# What a word costs that one of the names lacks, of a word that agrees.
LACKING = 0.2


@dataclass(frozen=True, slots=True)
class Comparison:
    """`score`: 0 to 100, None where nothing could be compared."""

    result: NameResult
    score: int | None = None


NOT_COMPARED = Comparison(NameResult.NOT_CHECKED)


def compare_names(written: str, said: str) -> Comparison:
    """Accents, case, order, apostrophes, hyphens and initials do not matter.

    A match has every word of the other name. Close is a spelling, or a name of which the other has
    more. One word that is another one's makes it a different person. What is in two scripts, or
    says nothing, is not compared.
    """
    one, other = _words(written), _words(said)
    if not one or not other or _is_latin(one) != _is_latin(other):
        return NOT_COMPARED
    if "".join(one) == "".join(other):
        return Comparison(NameResult.MATCH, 100)
    short, long = sorted((one, other), key=len)
    if any(sorted(short) == sorted(words) for words in (long, *_joined(long))):
        return Comparison(NameResult.MATCH, 100)
    pairs = _pairs(short, long)
    score = round(sum(pairs) / (len(short) + LACKING * (len(long) - len(short))))
    # One whole word must be the same: initials and spellings alone say nothing.
    agrees = max(pairs, default=0) == SAME or (len(long) == 1 and max(pairs, default=0) < INITIAL)
    if len(pairs) < len(short) or not agrees:
        return Comparison(NameResult.DIFFERENT, min(score, CLOSE_MIN - 1))
    # A further initial is no further name.
    has_more = sum(len(word) > 1 for word in long) > len(short)
    if has_more or min(pairs) < INITIAL:
        return Comparison(NameResult.CLOSE, min(max(score, CLOSE_MIN), MATCH_MIN - 1))
    return Comparison(NameResult.MATCH, max(score, MATCH_MIN))


def _joined(words: list[str]) -> Iterator[list[str]]:
    """With two neighbours written as one: Jean-Baptiste, Jeanbaptiste."""
    for place in range(len(words) - 1):
        yield [*words[:place], words[place] + words[place + 1], *words[place + 2 :]]


def _words(name: str) -> list[str]:
    """Of a name, without what does not matter."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(LETTERS)
    kept = []
    for letter in unicodedata.normalize("NFKD", plain):
        kind = unicodedata.category(letter)
        # Accents, and what nobody can see.
        if kind not in ("Mn", "Cf", "Cc"):
            kept.append(letter if kind[0] in "LN" else " ")
    words = "".join(kept).split()
    return [word for word in words if word not in TITLES][:WORDS_MAX]


def _is_latin(words: list[str]) -> bool:
    return any("a" <= letter <= "z" for word in words for letter in word)


def _pairs(short: list[str], long: list[str]) -> list[float]:
    """How well the words agree that are each other's, the best first; each word once."""
    found = sorted(
        ((_likeness(a, b), i, j) for i, a in enumerate(short) for j, b in enumerate(long)),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    taken_i: set[int] = set()
    taken_j: set[int] = set()
    pairs = []
    for likeness, i, j in found:
        if likeness and i not in taken_i and j not in taken_j:
            taken_i.add(i)
            taken_j.add(j)
            pairs.append(likeness)
    return pairs


def _likeness(a: str, b: str) -> float:
    if len(a) == 1 or len(b) == 1:
        return INITIAL if a[0] == b[0] else 0.0
    if a == b:
        return SAME
    ratio = fuzz.ratio(a, b)
    # Ali and Alou are two names: a short word has no spellings.
    is_spelling = ratio >= SPELLING_MIN and min(len(a), len(b)) > 3
    return min(ratio, INITIAL - 1) if is_spelling else 0.0
