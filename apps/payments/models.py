"""The heart: payments and the attempts made for them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount


class PaymentStatus(models.TextChoices):
    PENDING = "pending", _("pending")
    REQUIRES_ACTION = "requires_action", _("requires action")
    AUTHORIZED = "authorized", _("authorized")
    # We do not know, and are asking.
    VERIFYING = "verifying", _("verifying")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")
    CANCELED = "canceled", _("canceled")


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


class PaymentQuerySet(models.QuerySet["Payment"]):
    def for_merchant(self, merchant: Merchant, *, livemode: bool) -> PaymentQuerySet:
        """What this merchant may see: every read of the API begins here."""
        return self.filter(merchant=merchant, livemode=livemode)


class Payment(models.Model):
    """Money a merchant asks a payer for. `status` changes only through transitions.move.

    `amount` and `fee` are minor units of `currency`. The payer's number is encrypted under this
    row, searchable by its blind index, shown masked.

    No index has a column that changes, so no change writes an index: whoever looks for payments by
    such a column begins at PaymentState.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    merchant_reference = models.CharField(_("reference"), max_length=64, default="", blank=True)
    amount = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("country"), max_length=2)
    method = models.CharField(_("method"), max_length=20)
    operator = models.CharField(_("operator"), max_length=16)
    # The connector of the latest attempt.
    provider = models.CharField(_("provider"), max_length=32)
    payer_msisdn_encrypted = models.BinaryField(db_column="payer_msisdn_sealed")
    payer_msisdn_index = models.BinaryField(max_length=32)
    payer_msisdn_masked = models.CharField(_("payer"), max_length=32)
    description = models.CharField(_("description"), max_length=140, default="", blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    return_url = models.CharField(_("return URL"), max_length=500, default="", blank=True)
    cancel_url = models.CharField(_("cancel URL"), max_length=500, default="", blank=True)
    status = models.CharField(_("status"), max_length=16, choices=PaymentStatus.choices)
    failure_code = models.CharField(_("failure"), max_length=40, default="", blank=True)
    # What the payer has to do: {"kind": "redirect", "url": …}; null when nothing.
    next_action = models.JSONField(_("next action"), null=True, blank=True)
    # The routing decision: each candidate, kept or dropped, and why.
    candidates = models.JSONField(_("candidates"), default=list, blank=True)
    fee = models.PositiveBigIntegerField(_("fee"), default=0)
    # What was paid, where a person accepted another amount than was asked; null: as asked.
    amount_received = models.BigIntegerField(_("amount received"), null=True, blank=True)
    # Moves made so far, each with its event: the next one is sequence + 1.
    sequence = models.PositiveIntegerField(default=0)
    # A payment that nobody answered is reported expired at this time; we keep asking after it.
    expires_at = models.DateTimeField(_("expires"))
    created_at = models.DateTimeField(_("created"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_fee_within_amount", condition=Q(fee__lte=models.F("amount"))
            ),
        ]
        indexes = [
            # A merchant's list, newest first.
            models.Index(name="payment_by_merchant", fields=["merchant", "livemode", "-id"]),
            # "Where is the payment of this order?" Newest first, however often it was used.
            models.Index(
                name="payment_of_reference",
                fields=["merchant", "livemode", "merchant_reference", "id"],
                condition=~Q(merchant_reference=""),
            ),
            # A payer's number, searched exactly: support's search and the merchant's filter.
            models.Index(
                name="payment_of_payer", fields=["payer_msisdn_index", "merchant", "livemode", "id"]
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("pay", self.pk)

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency}"


class PaymentState(models.Model):
    """What is looked for of a payment and changes: its status, and when it expires.

    A trigger keeps it with each change of the payment, in the same transaction; no code writes it.
    """

    # Every combination of the filters with few values is one range of it, newest first
    # (selectors/list_payments.py): a rare one costs what a common one does.
    pk = models.CompositePrimaryKey(
        "merchant_id", "livemode", "status", "operator", "provider", "currency", "payment_id"
    )
    merchant_id = models.UUIDField()
    livemode = models.BooleanField()
    status = models.CharField(max_length=16, choices=PaymentStatus.choices)
    operator = models.CharField(max_length=16)
    provider = models.CharField(max_length=32)
    currency = models.CharField(max_length=3)
    payment_id = models.UUIDField()
    # Of what its payer has not answered yet.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Expiring what nobody answered.
            models.Index(
                name="payment_state_expiring",
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.status}"


class MetadataEntry(models.Model):
    """One entry of a payment's metadata, for searching: written with the payment, never changed.

    A table and not an index on the JSON: its rows lie by token and then by age, so the newest
    payments with an entry are found at one price, whether three have it or three million.
    """

    pk = models.CompositePrimaryKey("token", "payment_id")
    # rules.metadata_search.token_of
    token = models.BigIntegerField()
    payment_id = models.UUIDField()

    class Meta:
        verbose_name = _("metadata entry")
        verbose_name_plural = _("metadata entries")

    def __str__(self) -> str:
        return f"{self.token} {self.payment_id}"


class Attempt(models.Model):
    """One instruction to one provider. `status` changes only through transitions.move.

    `reference` is ours, fixed before the call; `provider_reference` is theirs. The connector's
    state is what it needs to ask again, encrypted under this row.
    """

    class Kind(models.TextChoices):
        COLLECT = "collect", _("collect")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # attempt_one_unspent begins with it.
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.COLLECT)
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
    # Its own id once it failed or was not sent: another may take its turn. Set by a trigger, so
    # the index of the rule "one at a time" is not written by any other change of the status.
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

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            # The provider knows an instruction by this: it must never name two.
            models.UniqueConstraint(name="attempt_unique_reference", fields=["reference"]),
            # Nothing waits without a time to look again.
            models.CheckConstraint(
                name="attempt_open_has_next_check",
                condition=Q(status__in=["succeeded", "failed", "not_sent"])
                | Q(next_check_at__isnull=False),
            ),
            # At most one attempt of a payment may move money at a time. Led by the payment, it also
            # finds all of its attempts.
            models.UniqueConstraint(
                name="attempt_one_unspent", fields=["payment", "spent_id"], nulls_distinct=False
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

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.next_check_at}"


class StatusChange(models.Model):
    """The history: one row for each move of a payment (attempt null) or of one of its attempts.

    `source` is who brought the reply; `from_status` is "" at birth. `sequence` counts the moves of
    the payment or of the attempt from 1: clocks differ, so no time gives their order. It is null
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
    # Its index is the first column of status_change_once.
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="history", db_index=False
    )
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
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        constraints = [
            # Two processes cannot make the same move.
            models.UniqueConstraint(
                F("payment"),
                Coalesce("attempt_id", "payment_id"),
                F("sequence"),
                name="status_change_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.from_status} → {self.to_status}"
