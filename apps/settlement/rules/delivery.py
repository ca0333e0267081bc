"""What a file's way to our bank may end in, before the bank has it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# It may have had its own name at the bank's door, and stands there by no name now.
WHEREABOUTS = "whereabouts"
# By which the door wants it signed, or encrypted.
PGP_KEYS, PGP_PROGRAM = "pgp_keys", "pgp_program"
TROUBLES: Mapping[str, Promise] = {
    "connection": _("the server cannot be reached"),
    "host_key": _("the server shows another key than the one agreed on"),
    "login": _("the server does not let us in"),
    "folder": _("the folder is not there, or we may not write in it"),
    "name_taken": _("a file of this name with another content is there already"),
    "credentials": _("our key or password cannot be read"),
    PGP_KEYS: _("our OpenPGP key or the bank’s is missing, cannot be read or has expired"),
    PGP_PROGRAM: _("GnuPG does not work here"),
    "bank_door_unknown": _("it is not set where the bank takes files of this currency"),
    "bank_file_moved": _("the file is not what was approved"),
    "bank_file_outdated": _("the file pays somebody who is not to be paid by it any more"),
    WHEREABOUTS: _("the bank may have taken it, or not: ask the bank"),
}
# Where the server or GnuPG has a bad hour, it is tried again; nothing else is mended by that.
TRIED_AGAIN = frozenset({"connection", PGP_PROGRAM})


def trouble(failure: str) -> str:
    """A failure in words; one that nobody foresaw as it is."""
    said = TROUBLES.get(failure)
    return failure if said is None else str(said)
