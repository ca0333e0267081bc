"""What people write, and what they call their files, made fit to be kept and shown."""

from __future__ import annotations

import re
import unicodedata

from apps.core.api.fields import DIRECTION_CONTROLS, HIDDEN_CATEGORIES

SUBJECT_LENGTH_MAX = 140
BODY_LENGTH_MAX = 20_000
COMMENT_LENGTH_MAX = 2_000
FILE_NAME_LENGTH_MAX = 100

LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
MANY_EMPTY_LINES = re.compile(r"\n{4,}")


def clean_text(text: str, length_max: int = BODY_LENGTH_MAX) -> str:
    """Lines of plain text: nothing hidden, nothing that turns around what stands behind it.

    "" of what shows nothing. What is longer is cut: the doors refuse it before.
    """
    lines = LINE_BREAKS.sub("\n", text)
    visible = "".join(
        letter
        for letter in lines
        if letter in "\n\t"
        or (
            (unicodedata.category(letter) not in HIDDEN_CATEGORIES)
            and letter not in DIRECTION_CONTROLS
        )
    )
    if all(unicodedata.category(letter)[0] in "CZ" for letter in visible):
        return ""
    return MANY_EMPTY_LINES.sub("\n\n\n", visible).strip()[:length_max]


def shown_whole(text: str) -> str:
    """The same text with what nobody sees, and what turns around what stands behind it, named: for
    who decides on it, to whom nothing of it is hidden."""
    return "".join(
        f"⟨U+{ord(letter):04X}⟩"
        if letter not in "\n\t" and unicodedata.category(letter) in {*HIDDEN_CATEGORIES, "Cf"}
        else letter
        for letter in text
    )


def clean_line(text: str, length_max: int = SUBJECT_LENGTH_MAX) -> str:
    """One line of the same."""
    return re.sub(r"\s+", " ", clean_text(text, len(text)))[:length_max]


def clean_file_name(name: str) -> str:
    """The last part of a path, with nothing that a file system or a header takes otherwise."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r'[<>:"|?*%;\x00-\x1f]', "_", clean_line(last, len(last))).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 10:
        plain = f"{stem[: FILE_NAME_LENGTH_MAX - len(ending) - 1]}.{ending}"
    return plain[:FILE_NAME_LENGTH_MAX] or "file"
