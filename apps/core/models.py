"""The queue of record and the memory of answers already given."""

from __future__ import annotations

from django.db import models

from apps.core.public_ids import new_id


class OutboxMessage(models.Model):
    """One thing to do, promised in the same transaction as the change that demands it.

    `topic` is a key of config/outbox_routes.py. The row is deleted when the work is done; until
    then `available_at` says when to try (again). Payloads hold ids, never personal data.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    topic = models.CharField(max_length=64)
    payload = models.JSONField()
    tries = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, default="", blank=True)
    available_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Claiming the oldest due rows of one topic.
            models.Index(name="outbox_due", fields=["topic", "available_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"


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
