"""Whatever strangers write, an e-mail is read in the time of any other."""

from __future__ import annotations

from contextlib import suppress

import pytest

from apps.core.attachment_type import FILE_BYTES_MAX, attachment_type
from apps.support_tickets.rules.bounded_email import EmailOutOfBounds
from apps.support_tickets.rules.newest_words import newest_words
from apps.support_tickets.rules.read_email import read_email
from tests.cpu_time import within_its_time

# Each took the parser minutes, or longer than anybody waited.
HOSTILE = {
    "a heading that never ends": "On " * 60_000,
    "one in French": "Le " * 60_000,
    "many of them": ("On " + "a " * 98 + "\n") * 900,
    "nothing but empty lines": "a" + "\n" * 180_000 + "b",
    "lines of blanks": "a" + " \n" * 90_000 + "b",
    "blanks that are none": "a" + "\u2003" * 180_000 + "b",
    "names that sign": "- a" * 60_000,
    "quotations in quotations": "> " * 90_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_longer_than_another(text):
    with within_its_time():
        newest_words(text)


@pytest.mark.parametrize("page", ["<div>" * 40_000, "<p>I was debited." + "<div>" * 40_000])
def test_no_page_takes_longer_than_another(page):
    raw = f"From: a@mail.example\nContent-Type: text/html\n\n{page}".encode()

    with within_its_time():
        email = read_email(raw, own_address="support@shop.example", language="fr")

    assert email.text in ("", "I was debited.")


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (depth, depth)
    for depth in range(250)
)


@pytest.mark.parametrize(
    "raw",
    [
        NESTED + b"\r\nx\r\n" + b"\n" * 90_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-ID: x\n\nx\n" * 90_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 45_000 + b"\n\nx",
        b"".join(b"H%d: x\n" % number for number in range(60_000)) + b"\nx",
        b"Content-Type: text/plain; charset=punycode\n\na-" + b"zzb" * 70_000,
    ],
    ids=["parts in parts", "parts", "one header", "headers", "charset"],
)
def test_no_email_takes_longer_than_another(raw):
    with within_its_time(), suppress(EmailOutOfBounds):
        read_email(
            b"From: a@mail.example\n" + raw, own_address="support@shop.example", language="fr"
        )


LONG = "I was debited, and it does not say that I have paid. " * 10


@pytest.mark.parametrize(
    ("text", "newest"),
    [
        (f"{LONG}\n\nThe second line.", f"{LONG.strip()}\n\nThe second line."),
        (
            f"{LONG}\n\nOn Fri, 27 Nov 2026, Support <s@shop.example> wrote:\n> {LONG}\n> Yours",
            LONG.strip(),
        ),
        (
            f"Oui.\n\nLe ven. 27 nov. 2026 à 10:00, Support <s@shop.example> a écrit :\n> {LONG}",
            "Oui.",
        ),
        ("\ue0000\ue001 of others", "0 of others"),
    ],
    ids=["no quotation", "English", "French", "marks like ours"],
)
def test_long_lines_are_kept_and_quotations_are_not(text, newest):
    assert newest_words(text) == newest


def test_a_large_text_is_told_from_another_file_at_once():
    text = b"a" * (FILE_BYTES_MAX - 1)

    with within_its_time():
        assert {attachment_type(text) for _ in range(10)} == {"text/plain"}
        assert attachment_type(text + b"\x00") is None


def test_headers_in_bytes_of_no_charset_are_read_all_the_same():
    raw = (
        b"From: Awa Ndi\xe9 <awa@mail.example>\r\nTo: Caf\xe9 <support@shop.example>\r\n"
        b"Subject: D\xe9bit\xe9\r\nX-Odd: \xff\xfe\r\nMessage-ID: <1@mail.example>\r\n\r\n"
        b"I paid.\r\n"
    )

    email = read_email(raw, own_address="support@shop.example", language="fr")

    assert (email.sender, email.text) == ("awa@mail.example", "I paid.")
    assert email.message_id == "<1@mail.example>" and email.subject.startswith("D")
