"""Facts for merchants, and their way to the merchant."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant

# The form of the events' bodies. A change that breaks readers gets a new date.
API_VERSION = "2026-11-22"

# Tells the merchant what its own request was just answered: sent only to who names it.
SENT_ON_REQUEST = frozenset(
    {
        "payment.created",
        "webhook_endpoint.created",
        "webhook_endpoint.updated",
        "webhook_endpoint.secret_rotated",
        "webhook_endpoint.resumed",
        "webhook_endpoint.deleted",
        "webhook_endpoint.test",
    }
)
# Tells of deliveries that were given up; one of its own given up is not told.
DELIVERIES_FAILED = "webhook_endpoint.deliveries_failed"


class Endpoint(models.Model):
    """A merchant's URL that wants events: those it names, or, naming none, every event that
    brings news (all but SENT_ON_REQUEST)."""

    class PauseReason(models.TextChoices):
        FAILING = "failing", _("failing for days")
        GONE = "gone", _("gone (410)")
        GRANT_ENDED = "grant_ended", _("the application’s consent has ended")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="endpoints")
    livemode = models.BooleanField(_("live mode"))
    url = models.CharField(_("URL"), max_length=500)
    # The signing secret (whsec_…), encrypted under this row.
    secret_encrypted = models.BinaryField(db_column="secret_sealed")
    # The secret before the last rotation, signing too until its time is over.
    previous_secret_encrypted = models.BinaryField(
        db_column="previous_secret_sealed", null=True, blank=True
    )
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    event_types = ArrayField(
        models.CharField(max_length=60), verbose_name=_("event types"), default=list, blank=True
    )
    # Since when it wants what it wants now; null: since it was made.
    subscribed_at = models.DateTimeField(null=True, blank=True)
    description = models.CharField(_("description"), max_length=140, default="", blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    # The merchant's own switch.
    is_enabled = models.BooleanField(_("enabled"), default=True)
    # Our switch: it failed for days, or said that it is gone (410).
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    pause_reason = models.CharField(
        _("why paused"), max_length=12, choices=PauseReason.choices, default="", blank=True
    )
    # Since when every try has failed; null after any that was taken.
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    # A new address, and whoever resumes or enables it, begins the next: what an earlier life was
    # answered says nothing about this one.
    life = models.IntegerField(default=1, db_default=1)
    # Its server asked for time (Retry-After): nothing before this, then one try alone.
    held_until = models.DateTimeField(null=True, blank=True)
    # Deliveries given up that no event, and no e-mail, has told of yet; the oldest of the latter.
    given_up = models.IntegerField(default=0, db_default=0)
    given_up_unmailed = models.IntegerField(default=0, db_default=0)
    given_up_from = models.DateTimeField(null=True, blank=True)
    given_up_mailed_at = models.DateTimeField(null=True, blank=True)
    # Its deliveries are kept, so it is too.
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")

    @property
    def public_id(self) -> str:
        return encode_id("we", self.pk)

    def wants(self, type: str) -> bool:
        return type in self.event_types if self.event_types else type not in SENT_ON_REQUEST

    def __str__(self) -> str:
        return self.url


class Event(models.Model):
    """A fact a merchant can read and replay. `body` is the exact JSON, frozen when it happened.

    `sequence` counts the events of one object from 1, in the order they happened.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    type = models.CharField(_("type"), max_length=60)
    object_id = models.UUIDField(_("object"))
    sequence = models.PositiveIntegerField(_("sequence"))
    body = models.TextField(_("body"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(name="event_sequence", fields=["object_id", "sequence"]),
        ]
        indexes = [
            # A merchant's events, newest first.
            models.Index(name="event_by_merchant", fields=["merchant", "livemode", "-id"]),
            # Those of one type. Every payment has its payment.created: the index above finds
            # them soon enough, and creating a payment writes nothing here.
            models.Index(
                name="event_by_type",
                fields=["merchant", "livemode", "type", "-id"],
                condition=~Q(type="payment.created"),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("evt", self.pk)

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"


class Delivery(models.Model):
    """One event on its way to one endpoint. `next_attempt_at` is the truth about when to try.

    What is pending stands in one of three places: in its endpoint's queue, from `next_attempt_at`
    on; waiting (`is_waiting`), in flight or between two tries, until that time puts it back into
    the queue; or held (`is_held`), because its endpoint is paused or disabled. Claims look at
    queues, and so at nothing that only waits.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        DELIVERED = "delivered", _("delivered")
        # Given up after the last retry; shown to staff and to the merchant.
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # delivery_once begins with it.
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PENDING
    )
    tries = models.PositiveIntegerField(_("tries"), default=0)
    # Each claim takes the next number, and so does each new promise: a result counts for the
    # number it was made for.
    claim_number = models.IntegerField(default=0, db_default=0)
    # Somebody asked for it again when the number was this: earlier claims end nothing any more.
    resent_after_claim = models.IntegerField(default=0, db_default=0)
    # Sent again, or missed by a paused endpoint: it goes behind what happens now.
    is_backlog = models.BooleanField(default=False, db_default=False)
    is_waiting = models.BooleanField(default=False, db_default=False)
    is_held = models.BooleanField(default=False, db_default=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    # When it was promised anew; null: only when it was made.
    promised_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    # What the last try met: an HTTP status, or the error in words.
    last_status_code = models.PositiveSmallIntegerField(_("last answer"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=300, default="", blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            # One promise per event and endpoint; retries and resends use the same row.
            models.UniqueConstraint(name="delivery_once", fields=["event", "endpoint"]),
            # A pending delivery always knows when it is due.
            models.CheckConstraint(
                name="delivery_scheduled",
                condition=~Q(status="pending") | Q(next_attempt_at__isnull=False),
            ),
        ]
        indexes = [
            # Claiming what is due, endpoint by endpoint: what one cannot take hides nobody's.
            models.Index(
                name="delivery_queue",
                fields=["endpoint", "is_backlog", "next_attempt_at"],
                condition=Q(status="pending", is_held=False, is_waiting=False),
            ),
            # Whose wait is over.
            models.Index(
                name="delivery_wait",
                fields=["next_attempt_at"],
                condition=Q(status="pending", is_held=False, is_waiting=True),
            ),
            # An endpoint's deliveries of one status, newest first; of all, merged from the three.
            models.Index(name="delivery_by_endpoint", fields=["endpoint", "status", "-id"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("wd", self.pk)

    def __str__(self) -> str:
        return self.public_id
