from __future__ import annotations

import sys

from tests.docs.pages import ROOT

# As `pip install ./sdk/python` would have it.
sys.path.insert(0, str(ROOT / "sdk" / "python"))
