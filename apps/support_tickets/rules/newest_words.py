"""What somebody wrote this time, without what it quotes.

The parser of replies compares each line with how programs head what they quote, in time that grows
with the square and the cube of a line's length. Strangers choose the length: what is long is put
aside, so that it costs as much as anything else.
"""

from __future__ import annotations

import re

from mailparser_reply import EmailReplyParser

from apps.core.clean_text import BODY_LENGTH_MAX, clean_text

# Of what is written, so much is kept at most, and nothing behind it is looked at.
READ_LENGTH_MAX = 2 * BODY_LENGTH_MAX
# No program heads a quotation by a longer line.
LINE_LENGTH_MAX = 200
EMPTY_LINES_MAX = 3

# A quotation stays one.
LONG_LINE = re.compile(rf"^([> ]{{0,20}})([^\n]{{{LINE_LENGTH_MAX},}})$", re.MULTILINE)
MANY_EMPTY_LINES = re.compile(rf"\n{{{EMPTY_LINES_MAX + 1},}}")
# Two characters that clean_text lets nobody write.
MARK = re.compile("\ue000([0-9]+)\ue001")


def newest_words(text: str) -> str:
    """Where all of it looks quoted, all of it."""
    # Nothing that shows nothing, and no blanks at the ends of lines.
    lines = clean_text(text, READ_LENGTH_MAX).split("\n")
    written = MANY_EMPTY_LINES.sub("\n" * EMPTY_LINES_MAX, "\n".join(map(str.strip, lines)))
    aside: list[str] = []

    def put_aside(line: re.Match[str]) -> str:
        aside.append(line[2])
        return f"{line[1]}\ue000{len(aside) - 1}\ue001"

    short = LONG_LINE.sub(put_aside, written)
    reply = EmailReplyParser(languages=["en", "fr"]).parse_reply(text=short) or ""
    whole = MARK.sub(lambda mark: aside[int(mark[1])], reply)
    return clean_text(whole) or clean_text(written)
