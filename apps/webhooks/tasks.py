"""Doors of the worker."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from apps.core import database_clock
from apps.core.work.outbox import ClaimedMessage
from apps.webhooks.services import deliver_webhook as delivering
from apps.webhooks.services import mark_deliveries as marking
from apps.webhooks.services.announce_in_turn import announce_in_turn
from apps.webhooks.services.catch_up_endpoint import catch_up_endpoint
from apps.webhooks.services.claim_deliveries import ClaimedDelivery
from apps.webhooks.services.continue_replay import continue_replay
from apps.webhooks.services.end_deliveries import end_deliveries
from apps.webhooks.services.give_up_held_deliveries import give_up_held_deliveries
from apps.webhooks.services.hold_deliveries import hold_deliveries
from apps.webhooks.services.tell_given_up import tell_given_up


def deliver(claimed: ClaimedDelivery) -> delivering.Tried:
    return delivering.deliver_webhook(claimed)


def mark(tried: list[tuple[ClaimedDelivery, delivering.Tried]]) -> None:
    marking.mark_deliveries(tried, now=database_clock.now())


def announce(message: ClaimedMessage) -> None:
    announce_in_turn(message.payload)


def replay(message: ClaimedMessage) -> None:
    continue_replay(message_id=message.id, payload=message.payload, now=database_clock.now())


def end(message: ClaimedMessage) -> None:
    end_deliveries(endpoint_id=UUID(message.payload["endpoint_id"]))


def hold(message: ClaimedMessage) -> None:
    hold_deliveries(endpoint_id=UUID(message.payload["endpoint_id"]))


def catch_up(message: ClaimedMessage) -> None:
    catch_up_endpoint(message_id=message.id, payload=message.payload, now=database_clock.now())


@shared_task(name="webhooks.give_up_held_deliveries")
def give_up_held_deliveries_task() -> None:
    give_up_held_deliveries(now=database_clock.now())


@shared_task(name="webhooks.tell_given_up")
def tell_given_up_task() -> None:
    tell_given_up(now=database_clock.now())
