"""The feed: every event once, in the order in which it could first be read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.webhooks.models import Event


class FeedEntry(models.Model):
    """An event's place in the feed. Only the sequencer inserts, nobody changes (docs/adr/0009).

    An event's id is made before its transaction ends, so a smaller id may come to light after a
    greater one, and who reads on from an id misses it. Whoever reads on from a position misses
    nothing: one process at a time gives positions away, each after the one before is committed.
    """

    position = models.BigAutoField(primary_key=True)
    # No foreign key in the database: its check would lock, and so write, every row of the events
    # again. Events are never deleted.
    event = models.OneToOneField(
        Event, on_delete=models.PROTECT, db_constraint=False, verbose_name=_("event")
    )
    # The event's own, so that a merchant's part of the feed is one range of one index.
    merchant_id = models.UUIDField(_("merchant"))
    livemode = models.BooleanField(_("live mode"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("feed entry")
        verbose_name_plural = _("feed entries")
        indexes = [
            # What a merchant's socket missed, in order.
            models.Index(name="feed_by_merchant", fields=["merchant_id", "livemode", "position"]),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.event_id}"


class SequencerLease(models.Model):
    """Who gives positions away, and until when by the database's clock. One row.

    The statement that places events locks it and looks whether it still holds, so two never place
    at the same time, whatever either of them believes.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    holder = models.UUIDField()
    until = models.DateTimeField()
    # Every event of an older transaction (webhooks_event.transaction_id) has its place.
    horizon = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("sequencer's lease")
        verbose_name_plural = _("sequencer's lease")

    def __str__(self) -> str:
        return f"{self.holder} until {self.until}"
