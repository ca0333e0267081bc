"""What a payer is told to do, by the kind of approval of the rail (contract.ConnectorProfile)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

LANGUAGES = ("fr", "en")

# No codes to dial: operators change them by country, and none is documented for these rails.
PROMPTS: dict[str, str | Promise] = {
    "approve_on_phone": _(
        "A payment request appears on your phone. Enter your secret code to approve it."
    ),
    "redirect": _(
        "You are taken to your operator's page. Follow its steps to approve the payment."
    ),
}
APPROVALS = sorted(PROMPTS)


def payer_prompt(approval: str) -> dict[str, str]:
    """The prompt by language: {"fr": …, "en": …}."""
    texts = {}
    for language in LANGUAGES:
        with override(language):
            texts[language] = str(PROMPTS[approval])
    return texts
