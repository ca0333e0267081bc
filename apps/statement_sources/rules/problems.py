"""Why a file waits for a person, and why a source cannot be reached: codes, and their words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.statement_sources.rules.pgp_problems import PGP_PROBLEMS

TOO_LARGE = "too_large"
NEVER_FINISHED = "never_finished"
CHANGING = "changing"
NOT_READABLE = "not_readable"
VANISHED = "vanished"
NAME_REUSED = "name_reused"
DAY_UNKNOWN = "day_unknown"
NO_READER = "no_reader"

FILE_PROBLEMS: Mapping[str, str | Promise] = {
    TOO_LARGE: _("It is larger than the source allows."),
    NEVER_FINISHED: _("It has not become complete within a day."),
    CHANGING: _("It is written to again and again."),
    NOT_READABLE: _("The server does not let us read it."),
    VANISHED: _("It was gone before all of it was here."),
    NAME_REUSED: _("A file of this name came before with another content."),
    DAY_UNKNOWN: _("Neither its name nor its lines tell which day it covers."),
    NO_READER: _("No layout reads the reports of this account."),
    "unreadable_statement": _("It cannot be read."),
    "statement_in_future": _("It is of a day that has not come yet."),
    "statement_of_other_days": _("Its lines are of other days than it was said to be of."),
    "statement_of_other_account": _("Its lines are of another account."),
    **PGP_PROBLEMS,
}

FOLDER_TROUBLES: Mapping[str, str | Promise] = {
    "connection": _("There is no connection, or it breaks."),
    "host_key": _("The server proves none of the pinned host keys."),
    "login": _("The server does not let us in."),
    "credentials": _("Our credentials cannot be decrypted."),
    "folder": _("There is no such folder, or it may not be read."),
    "api": _("The provider’s API does not answer."),
    "api_answer": _("The provider’s API does not answer as it was agreed."),
    "no_list": _("This provider’s API lists no movements."),
    "archive": _("A file cannot be moved to the archive folder."),
}

# Trying again on one's own makes these no better, and may lock us out.
NEED_A_PERSON = frozenset({"host_key", "login", "credentials", "no_list"})


def file_problem(code: str) -> str:
    return str(FILE_PROBLEMS.get(code, code))


def folder_trouble(code: str) -> str:
    """Of what nobody foresaw the error's kind alone: its text may quote anything."""
    return str(FOLDER_TROUBLES.get(code, code.partition(":")[0]))
