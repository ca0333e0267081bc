"""Of webhooks."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.support_tickets.rules.situations.situation import AT_ONCE, INSERT, NextAction, Situation

SITUATIONS: Mapping[str, Situation] = {
    "webhook_not_received": Situation(
        _("The merchant’s server did not take the news"),
        _("Your payment is known to us. The shop’s system has not taken our message yet."),
        _(
            "Your server refused our webhook or did not answer it in time. Its last answer stands"
            " in your list of deliveries; once it is mended, the webhook can be sent again."
        ),
        _("Deliveries of this to the merchant’s endpoint fail. The timeline has the last answer."),
        (
            _("Read the last answer of the merchant’s server in the timeline."),
            _("Once the server is mended, send the webhooks again."),
            INSERT,
        ),
        AT_ONCE,
        NextAction.SEND_WEBHOOKS_AGAIN,
    ),
    "webhook_stopped": Situation(
        _("The merchant’s endpoint is stopped"),
        _("Your payment is known to us. The shop’s system does not take our messages now."),
        _(
            "Your endpoint is paused or switched off, so nothing is sent to it. Resume it:"
            " what waits is sent then."
        ),
        _("The merchant’s endpoint is paused or switched off: nothing can be sent to it."),
        (_("Have the merchant mend the server and resume the endpoint."), INSERT),
        _("As soon as the endpoint is resumed."),
        NextAction.ANSWER,
    ),
    "webhook_delivered": Situation(
        _("The merchant’s server took the news"),
        _("The shop’s system has been told of your payment."),
        _(
            "Your server answered our webhook with a success. If your system missed it, look for"
            " the event’s id in your log, or have the event sent again."
        ),
        _("The merchant’s server answered 2xx. The timeline says when."),
        (_("Give the merchant the event’s id from the timeline."), INSERT),
        AT_ONCE,
        NextAction.SEND_WEBHOOKS_AGAIN,
    ),
    "webhook_under_way": Situation(
        _("The news is on its way"),
        _("Your payment is known to us, and the shop’s system is being told."),
        _("The webhook is on its way to your server."),
        _("The delivery waits for its first try."),
        (_("Look again in a minute."),),
        AT_ONCE,
        NextAction.WAIT,
    ),
    "webhook_not_wanted": Situation(
        _("No endpoint was to be told"),
        _("Your payment is known to us. The shop looks it up in its own system."),
        _(
            "No endpoint of yours wanted this event when it happened. Create one or widen its"
            " types; past events can be replayed to it."
        ),
        _("There is no delivery: no endpoint of the merchant was subscribed in this mode."),
        (_("Compare the mode, test or live, and the types that the endpoint names."), INSERT),
        AT_ONCE,
        NextAction.ANSWER,
    ),
}
