"""What happened to one payee, in words: and, if it was not paid, who must do what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.payout_batches.models import LineStatus, PayoutBatchLine
from apps.payout_batches.rules.line_failures import Actor, failure_of
from apps.payout_batches.rules.sentences import sentences

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Explained:
    """`actor`: who must act, "" if nobody need."""

    happened: Text
    actor: Text = ""
    action: Text = ""


ACTORS: Mapping[str, Text] = {
    Actor.MERCHANT: _("you"),
    Actor.PAYEE: _("the payee"),
    Actor.PLATFORM: _("LOMI AFRICA"),
    Actor.NOBODY: "",
}

EXPLAINED: Mapping[str, Explained] = {
    LineStatus.READY: Explained(_("It waits for its turn: nothing was sent yet.")),
    LineStatus.DROPPED: Explained(_("It was dropped before the batch was sent.")),
    LineStatus.SENT: Explained(_("It is on its way: the amount is held.")),
    LineStatus.SUCCEEDED: Explained(_("The payee has the money.")),
    LineStatus.CANCELED: Explained(_("The batch was canceled before its turn: nothing was sent.")),
}


def explain_line(line: PayoutBatchLine, *, language: str) -> Explained:
    """Lazily translated but for what is wrong with an invalid line, which is in `language`."""
    if line.status == LineStatus.FAILED:
        failure = failure_of(line.failure_code)
        return Explained(failure.sentence, ACTORS[failure.actor], failure.action)
    if line.status == LineStatus.INVALID:
        said = [sentences(one["code"], one["values"])[language] for one in line.problems]
        return Explained(
            " ".join(said) or _("It was not payable as it was written."),
            ACTORS[Actor.MERCHANT],
            _("Correct it, and send it in a new batch."),
        )
    return EXPLAINED[line.status]
