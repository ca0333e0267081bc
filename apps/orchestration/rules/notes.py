"""The notes beside a move, a callback, a contradiction: kept in English, read in any language.

They are written where the thing happens, for the log, the API and the history alike. Here each has
its sentence for a screen; what is none of ours is somebody's own words, and is shown as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.orchestration.models import AttemptStatus

# Names of groups -> whether it is the status of an attempt: French has two genders.
OWN_WORDS = {"owner": False, "status": False, "attempt": True, "attempt_then": True}

# A pattern that the whole note matches -> its sentence. The groups of OWN_WORDS are words of our
# own, and are shown in the reader's language.
NOTES: Mapping[str, str | Promise] = {
    # --- Why nothing was sent
    "no longer wanted": _("It was no longer wanted."),
    "its time was over before it could be sent": _("Its time was over before it could be sent."),
    "canceled": _("It was canceled."),
    "expired": _("Its time was over."),
    "the payer named another number": _("The payer named another number."),
    "the payer named the number that pays": _("The payer named the number that pays."),
    "paid by another": _("Another attempt was paid."),
    "an earlier attempt may have been paid": _("An earlier attempt may have been paid."),
    # --- What became of a callback
    "already final": _("It had ended already."),
    "no such attempt": _("There is no such attempt."),
    "sent to another provider's address": _("It was sent to another provider’s address."),
    "this provider sends no callbacks": _("This provider sends no callbacks."),
    r"asked: (?P<status>\w+)": _("The provider was asked: %(status)s"),
    # --- What does not agree
    "the provider no longer knows what it acknowledged": _(
        "The provider no longer knows what it had acknowledged."
    ),
    "answered for before it was sent": _("The provider answered before it was sent."),
    "another payer than the one asked": _("Another payer than the one asked."),
    "answers outside the protocol": _("The provider’s answers follow no protocol."),
    "no final answer for a day": _("No final answer for a day."),
    r"amount (?P<theirs>\d+) instead of (?P<ours>\d+)": _(
        "Amount %(theirs)s instead of %(ours)s, in the currency’s smallest unit"
    ),
    r"currency (?P<theirs>.+) instead of (?P<ours>\w+)": _(
        "Currency %(theirs)s instead of %(ours)s"
    ),
    r"(?P<attempt>\w+), then (?P<attempt_then>\w+)": _(
        "First: %(attempt)s; then: %(attempt_then)s"
    ),
    r"it (?P<attempt>\w+), though the (?P<owner>\w+) is (?P<status>\w+)": _(
        "The attempt: %(attempt)s; the %(owner)s: %(status)s"
    ),
    r"(?P<attempt>\w+) / (?P<attempt_then>\w+)": _("Ours: %(attempt)s; theirs: %(attempt_then)s"),
    r"kept without a part of the answer: (?P<words>.+)": _(
        "A part of the answer was not kept: %(words)s"
    ),
    # --- What people decided
    r"closed as not paid, (user:)?(?P<first>\S+) and (user:)?(?P<second>\S+)": _(
        "Closed as not paid by persons %(first)s and %(second)s"
    ),
    r"paid (?P<amount>\d+), (user:)?(?P<first>\S+) and (user:)?(?P<second>\S+)": _(
        "Booked as paid by persons %(first)s and %(second)s: %(amount)s, in the currency’s smallest"
        " unit"
    ),
    r"sent (?P<amount>\d+), (user:)?(?P<first>\S+) and (user:)?(?P<second>\S+)": _(
        "Booked as sent by persons %(first)s and %(second)s: %(amount)s, in the currency’s smallest"
        " unit"
    ),
    "not approved: rejected": _("Rejected."),
    "not approved in time": _("Not approved in time."),
    "canceled by the merchant": _("Canceled by the merchant."),
    "its payment is disputed": _("Its payment is disputed."),
    r"approved: (?P<words>.+)": _("Approved, and no longer possible: %(words)s"),
    "sent by another": _("Another attempt had sent it."),
    # --- What we could not do
    r"(?P<times>\d+) times in a row we could not send it: (?P<words>.*)": _(
        "%(times)s times in a row it could not be sent: %(words)s"
    ),
    r"(?P<times>\d+) times in a row we could not ask about it: (?P<words>.*)": _(
        "%(times)s times in a row the provider could not be asked: %(words)s"
    ),
    r"the payment could not be expired: (?P<words>.+)": _(
        "The payment could not be expired: %(words)s"
    ),
    r"NotSent: (?P<words>.*)": _("It was not sent. In the words of the line: %(words)s"),
    r"OutcomeUnknown: (?P<words>.*)": _(
        "The outcome is unknown. In the words of the line: %(words)s"
    ),
    r"ProviderBusy: (?P<words>.*)": _("The provider was busy. In its own words: %(words)s"),
    r"ReferenceUnknown: (?P<words>.*)": _(
        "The provider does not know our reference. In its own words: %(words)s"
    ),
    r"ProviderMisbehaved: (?P<words>.*)": _(
        "The provider’s answer follows no protocol. In its own words: %(words)s"
    ),
    r"NotAsked: (?P<words>.*)": _("The provider could not be asked: %(words)s"),
    # --- Why a webhook did not arrive
    "endpoint deleted": _("The endpoint was deleted."),
    "endpoint paused or disabled for 30 days": _(
        "The endpoint was paused or switched off for 30 days."
    ),
    "event type no longer wanted": _("The endpoint no longer wants this type of event."),
    "closed without answer": _("closed without an answer"),
    "not an HTTP answer": _("not an HTTP answer"),
    "timed out": _("no answer in time"),
    r"certificate refused: (?P<words>.*)": _("certificate refused: %(words)s"),
    "TLS failed": _("TLS failed"),
    "connection refused": _("connection refused"),
    "connection lost": _("connection lost"),
}
_NOTES = [(re.compile(pattern, re.DOTALL), sentence) for pattern, sentence in NOTES.items()]


def shown_note(text: str) -> str:
    """The note as a sentence in the reader's language; "" stays so."""
    if not text:
        return ""
    for pattern, sentence in _NOTES:
        if found := pattern.fullmatch(text):
            return str(sentence) % {
                name: _own_word(value, is_attempt=OWN_WORDS[name]) if name in OWN_WORDS else value
                for name, value in found.groupdict().items()
            }
    return gettext("In the provider’s own words: %(words)s") % {"words": text}


def _own_word(word: str, *, is_attempt: bool) -> str:
    """A status or a type of owner, as the models name it in the reader's language."""
    if is_attempt and word in AttemptStatus:
        return str(AttemptStatus(word).label)
    return gettext(word.replace("_", " "))
