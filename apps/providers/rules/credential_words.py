"""What staff read of an account's credentials. A name that stands here in no words is shown as its
connector has it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

NAMES: Mapping[str, str | Promise] = {
    "base_url": _("address of the provider’s API"),
    "api_key": _("API key"),
    "api_user": _("API user"),
    "subscription_key": _("subscription key"),
    "disbursement_subscription_key": _("subscription key, to send money"),
    "disbursement_api_user": _("API user, to send money"),
    "disbursement_api_key": _("API key, to send money"),
    "target_environment": _("the provider’s environment"),
    "env": _("country or sandbox, as the provider writes it"),
    "client_id": _("client id"),
    "client_secret": _("client secret"),
    "merchant_key": _("merchant key"),
    "webhook_secret": _("secret of its callbacks"),
    "webhook_auth": _("how its callbacks prove themselves"),
    "aggregated_merchant_id": _("id of the merchant at the provider"),
    "statement_amounts": _("amounts in its statements"),
    "wire_currency": _("currency of its sandbox"),
    "timeout_s": _("waits for an answer, seconds"),
}
CHOICES: Mapping[str, str | Promise] = {
    "signature": _("by a signature"),
    "bearer": _("by a fixed secret"),
    "gross": _("before its fee"),
    "net": _("after its fee"),
}


def setting_lines(settings: Mapping[str, str]) -> list[str]:
    """What is no secret, a line each."""
    return [
        gettext("%(words)s (%(name)s): %(value)s")
        % {
            "words": capfirst(str(NAMES.get(name, name))),
            "name": name,
            "value": CHOICES.get(value, value),
        }
        for name, value in sorted(settings.items())
    ]
