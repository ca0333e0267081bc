from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.settlement.rules.delay import OWNERS, delay_in_words


def describe_delay(payload: Mapping[str, Any]) -> list[str]:
    """Whose delay, and from what to what."""
    owner = OWNERS[payload["owner"]]
    row = owner.rows().get(pk=UUID(payload["owner_id"]))
    return [
        _("%(owner)s: %(name)s") % {"owner": capfirst(str(owner.word)), "name": row},
        _("Delay now: %(delay)s") % {"delay": delay_in_words(payload["days_before"])},
        _("Delay asked for: %(delay)s") % {"delay": delay_in_words(payload["days"])},
        _("For what is paid from then on."),
    ]
