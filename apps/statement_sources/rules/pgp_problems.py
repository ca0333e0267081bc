"""Why a file that has to be signed, or encrypted too, is refused: codes, and their words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# All of them begin so: such a file is not the day's report (selectors.late_days).
PREFIX = "pgp_"

CLEARTEXT = "pgp_cleartext"
NOT_SIGNED = "pgp_not_signed"
NOT_ENCRYPTED = "pgp_not_encrypted"
SIGNATURE_FORM = "pgp_signature_form"
BAD_SIGNATURE = "pgp_bad_signature"
UNKNOWN_KEY = "pgp_unknown_key"
KEY_EXPIRED = "pgp_key_expired"
KEY_REVOKED = "pgp_key_revoked"
WEAK = "pgp_weak"
OTHER_RECIPIENT = "pgp_other_recipient"
TRUNCATED = "pgp_truncated"
TRAILING_DATA = "pgp_trailing_data"
TWO_MESSAGES = "pgp_two_messages"
DAMAGED = "pgp_damaged"
OPENED_TOO_LARGE = "pgp_too_large"
# No refusal: the file before it is the report.
SAME_CONTENT = "same_content"

PGP_PROBLEMS: Mapping[str, str | Promise] = {
    CLEARTEXT: _("It is no OpenPGP message, though its signature was agreed on."),
    NOT_SIGNED: _("It is not signed."),
    NOT_ENCRYPTED: _("It is not encrypted, though that was agreed on."),
    SIGNATURE_FORM: _("Its signature lies in a file of its own or within the text: not taken."),
    BAD_SIGNATURE: _("Its signature is wrong: it is not what was signed."),
    UNKNOWN_KEY: _("It is signed by a key that is not agreed on, or is not any more."),
    KEY_EXPIRED: _("The key that signed it, or its signature, had expired when it came."),
    KEY_REVOKED: _("The key that signed it is revoked."),
    WEAK: _("It is signed or encrypted in a way that is broken today."),
    OTHER_RECIPIENT: _("It is encrypted to another key than ours."),
    TRUNCATED: _("Its end is missing."),
    TRAILING_DATA: _("Something follows after its end."),
    TWO_MESSAGES: _("There are two messages in it."),
    DAMAGED: _("It is damaged: no message can be had from it."),
    OPENED_TOO_LARGE: _("What is in it is larger than the source allows."),
    SAME_CONTENT: _("It came before under this name: the same content, signed or encrypted anew."),
    # What failed on our side, by the name of the exception.
    "PgpUnavailable": _("GnuPG is missing where the workers run, or was ended at its work."),
    "PgpTimedOut": _("It took too long to be opened."),
}


class MessageRefused(Exception):
    """`code` is one of those above; `detail` bears no word of the file."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail
