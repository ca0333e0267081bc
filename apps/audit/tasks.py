from __future__ import annotations

from celery import shared_task

from apps.audit.services.chain_entries import chain_entries as chain_entries_service


@shared_task(name="audit.chain_entries")
def chain_entries() -> None:
    chain_entries_service()
