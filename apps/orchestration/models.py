"""What the engine keeps: instructions to providers, whose turn it is, and every move's history."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.providers.models import ProviderAccount


class AttemptStatus(models.TextChoices):
    CREATED = "created", pgettext_lazy("feminine", "created")
    # Claimed by a worker; the call may be in flight.
    SUBMITTED = "submitted", pgettext_lazy("feminine", "submitted")
    PENDING = "pending", _("pending")
    REQUIRES_ACTION = "requires_action", _("requires action")
    AUTHORIZED = "authorized", pgettext_lazy("feminine", "authorized")
    UNKNOWN = "unknown", pgettext_lazy("feminine", "unknown")
    SUCCEEDED = "succeeded", pgettext_lazy("feminine", "succeeded")
    FAILED = "failed", _("failed")
    # Proved: the provider never received it.
    NOT_SENT = "not_sent", pgettext_lazy("feminine", "not sent")


ATTEMPT_FINAL = (AttemptStatus.SUCCEEDED, AttemptStatus.FAILED, AttemptStatus.NOT_SENT)

# It may have been received, and was not answered for.
IN_DOUBT = (AttemptStatus.SUBMITTED, AttemptStatus.UNKNOWN)


UNIQUE_REFERENCE = "attempt_unique_reference"


class Attempt(models.Model):
    """One instruction to one provider, for an owner: a payment, or what another app brings.

    `status` changes only through transitions.move_attempt. `amount` is in minor units of
    `currency`. `reference` is ours, fixed before the call; `provider_reference` is theirs. The
    connector's state is what it needs to ask again, encrypted under this row.
    """

    class Operation(models.TextChoices):
        COLLECT = "collect", _("collect")
        REFUND = "refund", _("refund")
        DISBURSE = "disburse", _("disburse")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Whose it is: a name of config/attempt_owners.py, and the row's id.
    owner_type = models.CharField(max_length=12, default="payment", db_default="payment")
    owner_id = models.UUIDField(db_column="payment_id")
    operation = models.CharField(
        _("operation"),
        max_length=12,
        db_column="kind",
        choices=Operation.choices,
        default=Operation.COLLECT,
    )
    # Null in rows older than they: then the owner's.
    amount = models.BigIntegerField(_("amount"), null=True)
    currency = models.CharField(_("currency"), max_length=3, default="", db_default="")
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    reference = models.UUIDField(_("our reference"))
    # Our reference as the provider's statement writes it: the join key of reconciliation.
    statement_reference = models.CharField(_("statement reference"), max_length=64)
    provider_reference = models.CharField(
        _("provider's reference"), max_length=64, default="", blank=True
    )
    connector_state_encrypted = models.BinaryField(db_column="memory_sealed", null=True, blank=True)
    # Of the credentials it was sent with: under others, "never heard of it" proves nothing.
    credentials_fingerprint = models.BinaryField(max_length=8, null=True, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=AttemptStatus.choices)
    # Its own id once it failed or was not sent: another may take its turn. Of a capture or void,
    # which take turns of their own, also once it succeeded, and its owner's id until then. Set by a
    # trigger, so no other change of the status writes the index of "one at a time".
    spent_id = models.UUIDField(null=True, blank=True, editable=False)
    # Moves made so far: the next one is sequence + 1.
    sequence = models.IntegerField(default=0, db_default=0)
    # Of an open attempt: "payer_timed_out", when the provider stopped waiting.
    failure_code = models.CharField(_("failure"), max_length=40, default="", blank=True)
    # The provider's own words of its last answer, without secrets.
    raw = models.JSONField(_("raw answer"), default=dict, blank=True)
    # Set when the provider's answer contradicts what we asked or what it said before.
    contradiction = models.CharField(_("contradiction"), max_length=200, default="", blank=True)
    # When it was last sent; a repeat of the same reference counts anew.
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    # How often the same reference was sent again, where the rail makes that safe.
    repeats = models.IntegerField(_("repeats"), default=0, db_default=0)
    checks = models.PositiveIntegerField(_("checks"), default=0)
    # When to send it or to ask next; null only when final.
    next_check_at = models.DateTimeField(_("next check"), null=True, blank=True)
    # How often in a row it could not be asked about, for a reason of our own.
    failures = models.IntegerField(_("failures in a row"), default=0, db_default=0)
    # Past the last step of the poll schedule a person owns it.
    needs_person = models.BooleanField(_("needs a person"), default=False)
    created_at = models.DateTimeField(_("created"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    # The row it is for, where a selector has read it too.
    owner: Any
    # Of a claimed one: it may have been sent before the database forgot it.
    asks_first: bool = False
    # And nobody wants it any more: it is asked about alone.
    only_asks: bool = False

    class Meta:
        db_table = "payments_attempt"
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            # The provider knows an instruction by this: it must never name two.
            models.UniqueConstraint(name=UNIQUE_REFERENCE, fields=["reference"]),
            # Nothing waits without a time to look again.
            models.CheckConstraint(
                name="attempt_open_has_next_check",
                condition=Q(status__in=["succeeded", "failed", "not_sent"])
                | Q(next_check_at__isnull=False),
            ),
            # An owner is paid for once, and of what follows one is under way at a time. Led by the
            # owner, it also finds all of its attempts.
            models.UniqueConstraint(
                name="attempt_one_unspent", fields=["owner_id", "spent_id"], nulls_distinct=False
            ),
        ]
        indexes = [
            # Reconciliation joins statement lines on these.
            models.Index(
                name="attempt_statement",
                fields=["provider_account", "statement_reference"],
            ),
            # What we have of a day that a statement does not: of those that ended, the paid.
            models.Index(
                name="attempt_ended",
                fields=["provider_account", "completed_at"],
                condition=Q(completed_at__isnull=False),
            ),
            models.Index(
                name="attempt_provider_ref",
                fields=["provider_account", "provider_reference"],
                condition=~Q(provider_reference=""),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("att", self.pk)

    def __str__(self) -> str:
        return self.public_id


class DueAttempt(models.Model):
    """The queues of the open attempts: those to send and, once sent, those to ask about.

    A trigger keeps it with each change of the attempt, in the same transaction; no code writes it.
    Who claims by it locks the attempt and looks again.
    """

    # Account by account: what one cannot take hides nobody's.
    pk = models.CompositePrimaryKey("is_sent", "provider_account_id", "next_check_at", "attempt_id")
    is_sent = models.BooleanField()
    provider_account_id = models.UUIDField()
    next_check_at = models.DateTimeField()
    attempt_id = models.UUIDField()

    class Meta:
        db_table = "payments_dueattempt"

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.next_check_at}"


class StatusChange(models.Model):
    """The history: one row for each move of an owner (attempt null) or of one of its attempts.

    `source` is who brought the reply; `from_status` is "" at birth. `sequence` counts the moves of
    the owner or of the attempt from 1: clocks differ, so no time gives their order. It is null
    in rows older than itself, which come first, in the order of their ids.
    """

    class Source(models.TextChoices):
        API = "api", _("API")
        WORKER = "worker", _("worker")
        CALLBACK = "callback", _("callback")
        POLL = "poll", _("poll")
        STATEMENT = "statement", _("statement")
        STAFF = "staff", _("staff")
        CLOCK = "clock", _("clock")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner_type = models.CharField(max_length=12, default="payment", db_default="payment")
    # Its index is the first column of status_change_once.
    owner_id = models.UUIDField(db_column="payment_id")
    attempt = models.ForeignKey(
        Attempt, on_delete=models.PROTECT, null=True, blank=True, db_index=False
    )
    sequence = models.IntegerField(null=True)
    from_status = models.CharField(max_length=16, default="", blank=True)
    to_status = models.CharField(max_length=16)
    source = models.CharField(max_length=12, choices=Source.choices)
    detail = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payments_statuschange"
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        constraints = [
            # Two processes cannot make the same move.
            models.UniqueConstraint(
                F("owner_id"),
                Coalesce("attempt_id", "owner_id"),
                F("sequence"),
                name="status_change_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.from_status} → {self.to_status}"


class MoneyOutHold(models.Model):
    """Since it was opened, and until it is released, no order that sends money out is sent.

    A database that was restored has one (apps/reconciliation/services/after_restore.py). What is
    ordered until `ask_first_until` may be an order that was sent and forgotten: its provider is
    asked before it is sent.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reason = models.CharField(max_length=300)
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    ask_first_until = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, default="")
    release_reason = models.CharField(max_length=300, default="")

    class Meta:
        verbose_name = _("hold of money out")
        verbose_name_plural = _("holds of money out")
        constraints = [
            # One at a time: a release is of all that is held.
            models.UniqueConstraint(
                name="money_out_held_once",
                fields=["released_at"],
                nulls_distinct=False,
                condition=Q(released_at__isnull=True),
            ),
            models.CheckConstraint(
                name="money_out_released_by_somebody",
                condition=Q(released_at__isnull=True) | ~Q(released_by="") & ~Q(release_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opened_at} {self.reason}"
