"""How a movement of a day stands between our books and the provider's reports."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Standing(models.TextChoices):
    # Both sides have it and agree.
    MATCHED = "matched", _("matched")
    # They did not, and a person has said why; or a pass found its other side elsewhere: a dispute,
    # what undoes it, another account of ours.
    EXPLAINED = "explained", _("explained")
    # We have it, and its report has not come, or was not compared yet.
    WAITING = "waiting", _("waiting")
    # One side has it and the other does not.
    MISSING = "missing", _("missing")
    # Both have it and do not agree.
    WRONG = "wrong", _("wrong")


# Of a row with a line's `match` and `pass`, and the `discrepancy_kind` and `discrepancy_status` of
# its open discrepancy, else of the newest that people decided.
STANDING_SQL = """
CASE WHEN discrepancy_status = 'open' AND discrepancy_kind IN ('unknown_to_us', 'unknown_to_them')
     THEN 'missing'
     WHEN discrepancy_status = 'open' THEN 'wrong'
     WHEN match = 'matched' AND pass IN ('reversal', 'own_transfer', 'own_rule') THEN 'explained'
     WHEN match = 'matched' THEN 'matched'
     WHEN discrepancy_status IN ('resolved', 'matched', 'written_off', 'corrected') THEN 'explained'
     ELSE 'waiting' END
"""
