from __future__ import annotations

from apps.core.attachment_type import FILE_BYTES_MAX
from apps.support_tickets.models import SlaPolicy
from apps.support_tickets.selectors.read_sla_report import WEEKS_SHOWN
from apps.support_tickets.services import add_message
from apps.support_tickets.services.add_attachment import FILES_MAX
from apps.support_tickets.services.rate_ticket import SCORE_BEST, SCORE_WORST
from tests.docs.numbers.claim import Claim, days, every_s
from tests.support_tickets.service_levels import FIRST

# Of a new installation.
LEVELS, DESK_HOURS = FIRST.LEVELS, FIRST.HOURS

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/errors.md": [
        ("More than {} MiB.", FILE_BYTES_MAX / 2**20),
        (
            "Not a whole number from {} to {}. | {} is good.",
            SCORE_WORST,
            SCORE_BEST,
            SCORE_BEST,
        ),
    ],
    "docs/guides/operations.md": [
        ("| {} seconds | `support_tickets.fetch_email`", every_s("support_tickets.fetch_email")),
    ],
    "docs/guides/support.md": [
        ("Answer within {} days", days(add_message.REOPENS_FOR)),
        (
            "in UTF-8, of {} MiB at most, {} a ticket",
            FILE_BYTES_MAX / 2**20,
            FILES_MAX,
        ),
        ("| critical | {} min | {} h |", LEVELS["critical"][0], LEVELS["critical"][1] / 60),
        *(
            (
                f"| {priority} | {{}} h | {{}} h |",
                LEVELS[priority][0] / 60,
                LEVELS[priority][1] / 60,
            )
            for priority in ("high", "normal", "low")
        ),
        (
            "Friday, {} to {} and {} to {}, in",
            *sorted({clock.hour for _, *clocks in DESK_HOURS for clock in clocks}),
        ),
        ("At {} % of the time", SlaPolicy._meta.get_field("warning_percent").default),
        ("of the last {} weeks", WEEKS_SHOWN),
    ],
    "docs/openapi.json": [
        ("within the last {} days", days(add_message.REOPENS_FOR)),
        ("an answer within {} days", days(add_message.REOPENS_FOR)),
        ("A ticket has at most {}.", FILES_MAX),
        ("plain text, of {} MiB at most", FILE_BYTES_MAX / 2**20),
        ("{} is bad, {} good", SCORE_WORST, SCORE_BEST),
    ],
}
