"""Where each number of the pages comes from: a sentence -> the constants it is about.

A claim is a piece of a page with {} where a number stands, in figures or words, and what those
numbers are in the code; or the test that shows them. A number of a page that no claim has, and a
claim no page has, fail the suite.

A file for each app has the claims about it, by page. All files of this folder are read; a new one
takes part by itself.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.docs.numbers.claim import Claim

CLAIMS: dict[str, list[Claim]] = {}

for _module in iter_modules(__path__):
    _of_app = getattr(import_module(f"{__name__}.{_module.name}"), "CLAIMS", {})
    for _page, _claims in _of_app.items():
        CLAIMS.setdefault(_page, []).extend(_claims)
