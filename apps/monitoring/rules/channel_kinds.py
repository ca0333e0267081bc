"""Which receivers there are: schemes of Apprise, which documents their addresses.

Those that run programs or write files are not among them.
"""

from __future__ import annotations

# Sent by our own transport, at a checked address.
WEBHOOKS = ("json", "jsons")

# Of these the address itself says which host is called; of the rest the service, or the mail server
# that staff name, which may well be ours.
NAMING_THEIR_HOST = (*WEBHOOKS, "workflows")

# Scheme -> what people call it.
KINDS = {
    "slack": "Slack",
    "discord": "Discord",
    "workflows": "Microsoft Teams",
    "tgram": "Telegram",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "mailto": "E-mail",
    "mailtos": "E-mail",
    "json": "Webhook",
    "jsons": "Webhook",
    # SMS
    "atalk": "Africa’s Talking (SMS)",
    "twilio": "Twilio (SMS)",
    "vonage": "Vonage (SMS)",
    "clicksend": "ClickSend (SMS)",
    "sns": "Amazon SNS (SMS)",
}


def kind_of(address: str) -> str:
    """The scheme; "" if it is none of these."""
    scheme = address.strip().partition("://")[0].lower()
    return scheme if scheme in KINDS else ""
