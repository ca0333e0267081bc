"""The queue of record and the memory of answers already given."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id


class OutboxMessage(models.Model):
    """One thing to do, promised in the same transaction as the change that demands it.

    `topic` is a key of config/outbox_routes.py. The row is deleted when the work is done; until
    then `available_at` says when to try (again), unless it is leased. Payloads hold ids, never
    personal data.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    topic = models.CharField(_("topic"), max_length=64)
    payload = models.JSONField(_("payload"))
    tries = models.PositiveIntegerField(_("tries"), default=0)
    last_error = models.CharField(max_length=500, default="", blank=True)
    available_at = models.DateTimeField(_("next try"))
    # Until when somebody works on it. In no index: claiming writes the row alone.
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when a person owns it: it failed too often or for too long, and is tried rarely.
    needs_person_since = models.DateTimeField(_("needs a person since"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = [
            # Claiming the oldest due rows of one topic.
            models.Index(name="outbox_due", fields=["topic", "available_at"]),
            # What a person has to look at: few, and counted by every health check.
            models.Index(
                name="outbox_needs_person",
                fields=["needs_person_since"],
                condition=models.Q(needs_person_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


class TraceContext(models.Model):
    """Where in a trace a payment, refund, payout or event was made: who works on it later goes on
    there. None while traces are off."""

    # That of what was made.
    id = models.UUIDField(primary_key=True, editable=False)
    # As W3C Trace Context has it: version, trace, span, flags.
    traceparent = models.CharField(max_length=55)

    def __str__(self) -> str:
        return self.traceparent


UNIQUE_KEY = "idempotency_unique_key"


class IdempotencyRecord(models.Model):
    """The first answer to a request, kept to be given again.

    `scope` is merchant and mode, so that keys of two merchants, or of test and live, never meet.
    """

    # Made of `created_at`: answers too old to keep are found by it.
    id = models.UUIDField(primary_key=True, editable=False)
    scope = models.CharField(max_length=64)
    # Method and path.
    endpoint = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32)
    status_code = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Two requests with one key must never both have an effect.
            models.UniqueConstraint(name=UNIQUE_KEY, fields=["scope", "endpoint", "key"]),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.endpoint} {self.key}"
