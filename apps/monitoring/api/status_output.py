"""Rails as merchants see them."""

from __future__ import annotations

from apps.core.api.resource import Choice, Constant, Flag, Instant, Resource, Text
from apps.monitoring.selectors.rail_status import State
from apps.providers.models import OPERATION_NAMES

STATES = [state.value for state in State]


class RailStatusOutput(Resource):
    object = Constant("rail_status")
    livemode = Flag(is_given=True, example=False)
    provider = Text(source="connector", example="mtn_momo")
    name = Text(source="provider", example="MTN Mobile Money", help_text="What payers call it.")
    country = Text(example="CM")
    operation = Choice(list(OPERATION_NAMES), example="collect")
    status = Choice(
        STATES,
        source="state",
        example="operational",
        help_text="Degraded: it is slow, or fewer succeed than usual. Down: it fails, or is silent."
        " Closed: our staff closed it. Unknown: our own monitoring stands still, and knew of"
        " nothing wrong before.",
    )
    since = Instant(
        allow_null=True,
        example=None,
        help_text="Since when it is degraded, down or unknown; null if it is not.",
    )
    uptime_percent = Text(
        allow_null=True,
        example="99.98",
        help_text="Of the last 90 days, as far as they were counted: the share of the time without"
        " a severe incident. Null before the first day.",
    )
