from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from apps.audit.selectors.unsealed_since import unsealed_since
from apps.audit.services.anchor_head import anchor_head as anchor_head_service
from apps.audit.services.chain_entries import chain_entries as chain_entries_service
from apps.core import database_clock

logger = logging.getLogger(__name__)


@shared_task(name="audit.chain_entries")
def chain_entries() -> None:
    since = unsealed_since(now=database_clock.now())
    if since is not None:
        # Whoever stopped the sealing may have changed what was not sealed.
        logger.error("audit entries stood unsealed", extra={"since": since.isoformat()})
    chain_entries_service()


@shared_task(name="audit.anchor_head")
def anchor_head() -> None:
    anchor_head_service(places=settings.AUDIT_ANCHORS, now=database_clock.now())
