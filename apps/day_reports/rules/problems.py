"""Why a report was not sent, in words: `failure` of a sending begins with one of these."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TROUBLES: Mapping[str, Promise] = {
    "mail": _("the mail server did not take it"),
    "address_refused": _("the mail server does not take an address"),
    "mail_too_large": _("the files are too large for an e-mail"),
    "report_too_long": _("the day has too many movements for one of the kinds of files"),
    "connection": _("the server cannot be reached"),
    "host_key": _("the server shows another key than the one agreed on"),
    "login": _("the server does not let us in"),
    "folder": _("the folder is not there, or we may not write in it"),
    "name_taken": _("a file of this name with another content is there already"),
    "credentials": _("our key or password cannot be read"),
}
# No repetition mends them.
NEED_A_PERSON = frozenset(
    {
        "mail_too_large",
        "report_too_long",
        "host_key",
        "login",
        "folder",
        "name_taken",
        "credentials",
    }
)


class ReportNotSent(Exception):
    """By one of these words."""


def trouble(failure: str) -> str:
    """A failure in words; one that nobody foresaw as it is."""
    said = TROUBLES.get(failure)
    return failure if said is None else str(said)
