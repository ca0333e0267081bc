"""How often over HTTP somebody tries what she must not; the database refuses 500 tries always."""

from __future__ import annotations

import os

# A night's run: LOMI_TRIES=500.
TRIES = int(os.environ.get("LOMI_TRIES", "24"))
