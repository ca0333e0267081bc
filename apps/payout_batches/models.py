"""Payout batches: many payees paid by one decision."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant


class BatchStatus(models.TextChoices):
    # Its lines are being read and checked.
    CHECKING = "checking", _("being checked")
    # Every line is payable, listed with its fault, or dropped; it may still change.
    DRAFT = "draft", _("draft")
    # Its total is held, and it waits for its second person: nothing of it changes.
    NEEDS_APPROVAL = "needs_approval", _("waiting for approval")
    # Approved, and it waits for its time.
    SCHEDULED = "scheduled", _("scheduled")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    # Every line that was to be sent has ended.
    COMPLETED = "completed", _("completed")
    # What was not sent will not be; what was sent has not ended yet.
    CANCELING = "canceling", _("being canceled")
    CANCELED = "canceled", _("canceled")


class PayoutBatch(models.Model):
    """Lines that are approved together and sent one by one.

    Its counts and sums are those of its lines. `status` changes only through transitions.move.
    """

    class Source(models.TextChoices):
        API = "api", _("API")
        FILE = "file", _("file")
        PAIN001 = "pain001", _("pain.001")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    merchant_reference = models.CharField(_("reference"), max_length=64, default="", blank=True)
    description = models.CharField(_("description"), max_length=140, default="", blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    file_name = models.CharField(_("file"), max_length=140, default="", blank=True)
    # SHA-256 of the file as it came: the same file is told apart from a new one.
    file_sha256 = models.BinaryField(max_length=32, null=True)
    # SHA-256 of the payees and amounts, sorted: the same list in another order is found by it.
    content_sha256 = models.BinaryField(max_length=32, null=True)
    status = models.CharField(_("status"), max_length=20, choices=BatchStatus.choices)
    # Why it ended without being sent.
    failure_code = models.CharField(_("failure"), max_length=40, default="", blank=True)
    # "key:<id>", "user:<id>": who may not approve it.
    created_by = models.CharField(_("made by"), max_length=60)
    submitted_by = models.CharField(_("submitted by"), max_length=60, default="", blank=True)
    approved_by = models.CharField(_("approved by"), max_length=60, default="", blank=True)
    # The batch of which it sends again what failed.
    retry_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="retries"
    )
    # Moves made so far, each with its event: the next one is sequence + 1.
    sequence = models.PositiveIntegerField(default=0)
    # The day on which its file asks to be paid, in the merchant's zone.
    execution_day = models.DateField(_("day of the file"), null=True, blank=True)
    scheduled_at = models.DateTimeField(_("scheduled"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    # --- Reading
    # What is odd about the whole list and may be meant: [{"code": ..., "values": {...}}].
    warnings = models.JSONField(_("warnings"), default=list, blank=True)
    # Where in the file it is that it could not be read.
    failure_values = models.JSONField(default=dict, blank=True)

    # --- Running
    # SHA-256 of all that the second person is shown: of the payees, amounts and sums.
    digest = models.BinaryField(max_length=32, null=True)
    # Why it was sent back to its maker.
    rejection_reason = models.CharField(_("reason"), max_length=300, default="", blank=True)
    # When there is something to do for it next: to expire, to start, to send, to look for ends.
    due_at = models.DateTimeField(null=True, blank=True)

    # Counts and sums of its lines by status, and how far it is, as its representation shows them:
    # read by selectors.describe_batch.
    line_sums: dict[str, dict[str, int]]
    progress: dict[str, Any]

    class Meta:
        verbose_name = _("payout batch")
        verbose_name_plural = _("payout batches")
        constraints = [
            # Four eyes, whatever the code says: nobody approves what she submitted.
            models.CheckConstraint(
                name="payout_batch_approved_by_another",
                condition=Q(approved_by="")
                | (~Q(approved_by=F("submitted_by")) & ~Q(submitted_by="")),
            ),
            # Nothing is sent of what nobody approved.
            models.CheckConstraint(
                name="payout_batch_started_by_two",
                condition=~Q(
                    status__in=["scheduled", "running", "paused", "canceling", "completed"]
                )
                | (~Q(approved_by="") & Q(approved_at__isnull=False, digest__isnull=False)),
            ),
            # Nothing is forgotten while somebody waits for it.
            models.CheckConstraint(
                name="payout_batch_waited_for_is_due",
                condition=~Q(status__in=["needs_approval", "scheduled", "running", "canceling"])
                | Q(due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="payout_batch_by_merchant", fields=["merchant", "livemode", "-id"]),
            # What there is to do.
            models.Index(
                name="payout_batch_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("pob", self.pk)

    def __str__(self) -> str:
        return self.public_id


class PayoutBatchPiece(models.Model):
    """A part of what a merchant sent, as it came, until its lines are read."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(
        PayoutBatch, on_delete=models.PROTECT, related_name="pieces", db_index=False
    )
    number = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        verbose_name = _("part of a file")
        verbose_name_plural = _("parts of files")
        constraints = [
            models.UniqueConstraint(name="payout_batch_piece_once", fields=["batch", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class UploadStatus(models.TextChoices):
    # Pieces of it are still to come, or it was not finished.
    OPEN = "open"
    # It is a batch.
    FINISHED = "finished"
    DISCARDED = "discarded"


class BatchUpload(models.Model):
    """A file that comes piece by piece, in their order, until it is whole and becomes a batch.

    `size` and `sha256` are of the whole file, as whoever sends it said. It is its maker's: who
    sends a list is who made the batch.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField()
    status = models.CharField(max_length=10, choices=UploadStatus.choices)
    # As PayoutBatch.created_by.
    created_by = models.CharField(max_length=60)
    file_name = models.CharField(max_length=140)
    size = models.PositiveBigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    # How many bytes of it are here: from its beginning, without a gap.
    received = models.PositiveBigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    merchant_reference = models.CharField(max_length=64, default="", blank=True)
    description = models.CharField(max_length=140, default="", blank=True)
    batch = models.OneToOneField(
        PayoutBatch, on_delete=models.PROTECT, null=True, related_name="upload"
    )
    created_at = models.DateTimeField()
    # It is forgotten then, with whatever came of it.
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="batch_upload_within_its_size", condition=Q(received__lte=F("size"))
            ),
            models.CheckConstraint(
                name="batch_upload_finished_whole",
                condition=Q(status="finished", batch__isnull=False, received=F("size"))
                | (~Q(status="finished") & Q(batch__isnull=True)),
            ),
        ]
        indexes = [
            # How many a merchant has, and the one that is asked for.
            models.Index(name="batch_upload_by_merchant", fields=["merchant", "livemode", "-id"]),
            models.Index(name="batch_upload_expires", fields=["expires_at"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("pbu", self.pk)

    def __str__(self) -> str:
        return self.public_id


class BatchUploadPiece(models.Model):
    """A part of a file that is not whole yet: as long as a PayoutBatchPiece, but for the last."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    upload = models.ForeignKey(
        BatchUpload, on_delete=models.PROTECT, related_name="pieces", db_index=False
    )
    number = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="batch_upload_piece_once", fields=["upload", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.number}"


class LineStatus(models.TextChoices):
    # Something of it is wrong: it is paid only once corrected.
    INVALID = "invalid", pgettext_lazy("feminine", "invalid")
    # Payable, once the batch is approved and its turn comes.
    READY = "ready", pgettext_lazy("feminine", "ready")
    # Somebody decided not to pay it.
    DROPPED = "dropped", pgettext_lazy("feminine", "dropped")
    # It is a payout, whose status says the rest.
    SENT = "sent", pgettext_lazy("feminine", "sent")
    SUCCEEDED = "succeeded", pgettext_lazy("feminine", "succeeded")
    FAILED = "failed", pgettext_lazy("feminine", "failed")
    # Not sent, and it will not be: the batch was canceled.
    CANCELED = "canceled", pgettext_lazy("feminine", "canceled")


# What is not paid costs nothing.
NOT_CHARGED = (LineStatus.INVALID, LineStatus.DROPPED, LineStatus.FAILED, LineStatus.CANCELED)


class PayoutBatchLine(models.Model):
    """One payee of a batch. `amount`, `fee` and `fee_tax` are minor units of the batch's currency.

    What was written is kept, encrypted, until it is right: `cells_encrypted` is the JSON of a
    line that is not payable as it came. `problems` lists what is wrong with which column.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(
        PayoutBatch, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    # As in the file: the first line below the heading is what the spreadsheet calls it.
    number = models.PositiveIntegerField(_("line"))
    status = models.CharField(_("status"), max_length=10, choices=LineStatus.choices)
    amount = models.PositiveBigIntegerField(_("amount"), null=True, blank=True)
    country = models.CharField(_("country"), max_length=2, default="", blank=True)
    operator = models.CharField(_("operator"), max_length=16, default="", blank=True)
    payee_msisdn_encrypted = models.BinaryField(null=True)
    payee_msisdn_index = models.BinaryField(max_length=32, null=True)
    payee_msisdn_masked = models.CharField(_("payee"), max_length=32, default="", blank=True)
    payee_name_encrypted = models.BinaryField(null=True)
    merchant_reference = models.CharField(_("reference"), max_length=64, default="", blank=True)
    description = models.CharField(_("description"), max_length=140, default="", blank=True)
    cells_encrypted = models.BinaryField(null=True)
    # [{"code": ..., "column": ..., "values": {...}}]: wrong, so that it is not payable.
    problems = models.JSONField(_("problems"), default=list, blank=True)
    # The same, of what is odd and may be meant: the same payee twice.
    warnings = models.JSONField(_("warnings"), default=list, blank=True)
    # Everybody who corrected it, as `created_by` names people and keys: none confirms its payee.
    correctors = models.JSONField(
        _("corrected by"),
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
    )
    payout_id = models.UUIDField(null=True, blank=True, unique=True)
    failure_code = models.CharField(_("failure"), max_length=40, default="", blank=True)
    # Charged once it is paid: as the plan said when it was read, and the price of the moment in
    # which its batch is submitted. From then on it is held with the amount.
    fee = models.PositiveBigIntegerField(_("fee"), default=0, db_default=0)
    fee_tax = models.PositiveBigIntegerField(_("tax on the fee"), default=0, db_default=0)
    # The line of the fee plan that it is by; null where nothing is charged.
    fee_line_id = models.UUIDField(_("line of the fee plan"), null=True, blank=True)
    # By which price list, and for what, that is the price: selectors.line_prices. Whoever changes
    # the line and not this has it priced anew.
    priced_as = models.BinaryField(max_length=8, null=True)

    class Meta:
        verbose_name = _("line of a batch")
        verbose_name_plural = _("lines of a batch")
        constraints = [
            models.UniqueConstraint(name="payout_line_number", fields=["batch", "number"]),
            models.CheckConstraint(
                name="payout_line_payable",
                condition=Q(status__in=["invalid", "dropped"])
                | Q(amount__gt=0, payee_msisdn_encrypted__isnull=False),
            ),
            models.CheckConstraint(
                name="payout_line_sent_as_payout",
                condition=Q(status__in=["sent", "succeeded"], payout_id__isnull=False)
                | Q(status__in=["invalid", "ready", "dropped", "canceled"], payout_id=None)
                | Q(status="failed"),
            ),
            # What a payout of it could not bear.
            models.CheckConstraint(
                name="payout_line_fee_within_amount",
                condition=Q(fee__gte=0, fee_tax__gte=0, amount__gte=F("fee") + F("fee_tax"))
                | Q(fee=0, fee_tax=0),
            ),
        ]
        indexes = [
            # The lines of a status, in their order; and the counts and sums of a batch.
            models.Index(
                name="payout_line_of_status",
                fields=["batch", "status", "number"],
                include=["amount", "fee", "fee_tax"],
            ),
            # What is sent next, operator by operator.
            models.Index(
                name="payout_line_to_send",
                fields=["batch", "country", "operator", "number"],
                condition=Q(status="ready"),
            ),
            # "Was this payee paid already, these days?"
            models.Index(name="payout_line_of_payee", fields=["payee_msisdn_index", "-id"]),
        ]

    @property
    def amount_with_fee(self) -> int:
        """What leaves the balance for it: amount, fee and tax."""
        return (self.amount or 0) + self.fee + self.fee_tax

    @property
    def fees_charged(self) -> int:
        """Fee and tax, as far as they are held or taken."""
        return self.fee + self.fee_tax if self.is_charged else 0

    @property
    def is_charged(self) -> bool:
        """Whether its fee is held or taken: not of what is not paid."""
        return self.status not in NOT_CHARGED

    def __str__(self) -> str:
        return f"{self.number}"


class PayoutBatchSum(models.Model):
    """How many lines of one status and rail a batch has, and of how much together: minor units.

    A trigger keeps it with each statement that writes lines, in the same transaction; no code
    writes it but services.recount_batch. Whoever moves money counts the lines: selectors.sum_lines.
    Nothing keeps it from being negative: a batch of before the trigger is counted a moment later.
    """

    pk = models.CompositePrimaryKey("batch_id", "status", "country", "operator")
    batch = models.ForeignKey(
        PayoutBatch,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    status = models.CharField(max_length=10, choices=LineStatus.choices)
    country = models.CharField(max_length=2)
    operator = models.CharField(max_length=16)
    count = models.BigIntegerField()
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()
    fee_tax = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.batch_id} {self.status} {self.country} {self.operator}"


class NameResult(models.TextChoices):
    """Whether the rail knows the payee by the name that the line has."""

    WAITING = "waiting", pgettext_lazy("name", "being checked")
    MATCH = "match", pgettext_lazy("name", "agrees")
    CLOSE = "close", pgettext_lazy("name", "nearly agrees")
    # Another person's: the line stops its batch until somebody has looked.
    DIFFERENT = "different", pgettext_lazy("name", "another person’s")
    # The rail has no wallet of this number, or one that receives nothing.
    NO_ACCOUNT = "no_account", pgettext_lazy("name", "no account")
    # The rail cannot be asked, did not answer, or knows no name.
    NOT_CHECKED = "not_checked", pgettext_lazy("name", "not checked")


# Encrypted, or as initials.
HAS_RAIL_NAME = Q(rail_name_encrypted__isnull=False) | ~Q(rail_name_masked="")


class NameCheck(models.Model):
    """What the rail said of the payee of a line that has a name. It is its own queue: `due_at`.

    It changes while its batch is a draft alone, so that what was submitted is what was seen.
    """

    line = models.OneToOneField(
        PayoutBatchLine,
        primary_key=True,
        db_column="id",
        on_delete=models.PROTECT,
        related_name="name_check",
    )
    # The line's own, which holds it fast: looking for it a second time took a third of the writing.
    batch = models.ForeignKey(
        PayoutBatch,
        on_delete=models.PROTECT,
        related_name="name_checks",
        db_index=False,
        db_constraint=False,
    )
    result = models.CharField(_("name"), max_length=12, choices=NameResult.choices)
    # 0 to 100: how well the names agree.
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    # Whom the rail names, and her initials, until nobody needs them any more.
    rail_name_encrypted = models.BinaryField(null=True)
    rail_name_masked = models.CharField(_("name at the operator"), max_length=80, default="")
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(_("created"))
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    # Who last corrected the line; "": nobody did. The release before knows no `correctors`.
    corrected_by = models.CharField(
        _("corrected by"), max_length=60, default="", db_default="", blank=True
    )
    # Who said that another person's name is right all the same, and why.
    confirmed_by = models.CharField(_("confirmed by"), max_length=60, default="", blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmation_reason = models.CharField(_("reason"), max_length=300, default="", blank=True)

    class Meta:
        verbose_name = _("check of a name")
        verbose_name_plural = _("checks of names")
        constraints = [
            # Nothing is forgotten while somebody waits for it.
            models.CheckConstraint(
                name="name_check_waiting_is_due",
                condition=Q(result="waiting", due_at__isnull=False)
                | (~Q(result="waiting") & Q(due_at=None)),
            ),
            models.CheckConstraint(
                name="name_check_compared_has_score",
                condition=Q(
                    result__in=["match", "close", "different"],
                    score__isnull=False,
                    score__lte=100,
                )
                | (~Q(result__in=["match", "close", "different"]) & Q(score=None)),
            ),
            # Whoever confirms says why, and only what was another person's.
            models.CheckConstraint(
                name="name_check_confirmed_with_reason",
                condition=Q(confirmed_by="", confirmed_at=None, confirmation_reason="")
                | (
                    Q(result="different", confirmed_at__isnull=False)
                    & ~Q(confirmed_by="")
                    & ~Q(confirmation_reason="")
                ),
            ),
            # Four eyes, whatever the code says: nobody confirms what she corrected.
            models.CheckConstraint(
                name="name_check_confirmed_by_another",
                condition=Q(confirmed_by="") | ~Q(confirmed_by=F("corrected_by")),
            ),
        ]
        indexes = [
            models.Index(
                name="name_check_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            # Those of a batch by result, and what stops it.
            models.Index(name="name_check_of_batch", fields=["batch", "result"]),
            # Names that nobody needs any more.
            models.Index(
                name="name_check_with_name",
                fields=["checked_at"],
                condition=HAS_RAIL_NAME,
            ),
        ]

    @property
    def is_confirmed(self) -> bool:
        return bool(self.confirmed_by)

    def __str__(self) -> str:
        return f"{self.line_id}"
