from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException

from apps.audit.anchors import AnchorNotKept, keep, shown, written
from apps.audit.chain import Anchor
from apps.audit.selectors.read_head import read_head

logger = logging.getLogger(__name__)


def anchor_head(*, places: Sequence[str], now: datetime) -> Anchor | None:
    """Write the head of the chain to the log and to each place; None while nothing is chained.

    A place that does not take it keeps none of the others from it: it is logged as an error, and
    the next head goes there again. Call it outside a transaction: places are waited for.
    """
    head = read_head()
    if head is None:
        return None
    logger.info(
        "audit anchor", extra={"position": head.position, "chain_hash": head.chain_hash.hex()}
    )
    line = written(head, now=now)
    for place in places:
        try:
            keep(line, place)
        except (AnchorNotKept, OSError, SMTPException) as error:
            logger.error(
                "audit anchor not kept",
                extra={"place": shown(place), "reason": str(error) or type(error).__name__},
            )
    return head
