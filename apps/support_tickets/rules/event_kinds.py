"""The words of a ticket's history."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    CREATED = "created", _("opened")
    MESSAGE = "message", _("message")
    NOTE = "note", _("internal note")
    STATUS = "status", _("status")
    ASSIGNED = "assigned", _("assigned")
    PRIORITY = "priority", _("priority")
    CLASSIFIED = "classified", _("category and tags")
    ATTACHED = "attached", _("attachment")
    LINKED = "linked", _("linked")
    MERGED = "merged", _("merged")
    RATED = "rated", _("rated")
    # The contact was shown to a person.
    REVEALED = "revealed", _("contact shown")
    # A promised time is nearly used up, or is.
    WARNED = "warned", _("warned")
    BREACHED = "breached", _("promised time broken")
    # What staff had done about the case, from the ticket.
    ACTED = "acted", _("done about the case")


# What who organises must not take back, when she did not know of it.
ORGANISING = (EventKind.ASSIGNED, EventKind.PRIORITY, EventKind.CLASSIFIED)

# What an answer must not pass by, when it was written without knowing of it.
CONVERSATION = (
    EventKind.MESSAGE,
    EventKind.NOTE,
    EventKind.STATUS,
    EventKind.ATTACHED,
    EventKind.MERGED,
)
