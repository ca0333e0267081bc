"""Disputes: a payer, or the bank or operator for it, wants back what a payment collected."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.payments.models import Payment
from apps.providers.models import ProviderAccount


class DisputeStatus(models.TextChoices):
    # The merchant has until `evidence_due_at` to answer.
    NEEDS_RESPONSE = "needs_response", _("needs response")
    # Answered, or not in time: whoever decides has it.
    UNDER_REVIEW = "under_review", _("under review")
    WON = "won", _("won")
    LOST = "lost", _("lost")
    PARTLY_LOST = "partly_lost", _("partly lost")
    # Whoever disputed it does so no longer.
    WITHDRAWN = "withdrawn", pgettext_lazy("dispute", "withdrawn")


OPEN = (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.UNDER_REVIEW)


class Network(models.TextChoices):
    MOBILE_MONEY = "mobile_money", _("mobile money")
    CARD = "card", _("card")


class Reason(models.TextChoices):
    """The motives of PI-SPI for asking money back: AC03, AM09, SVNR, DUPL and FRAD."""

    WRONG_PAYEE = "wrong_payee", _("wrong payee")
    WRONG_AMOUNT = "wrong_amount", _("wrong amount")
    SERVICE_NOT_RENDERED = "service_not_rendered", _("service not rendered")
    DUPLICATE = "duplicate", _("paid twice")
    FRAUD = "fraud", _("fraud")


class Stage(models.TextChoices):
    # Mobile money has this one alone.
    COMPLAINT = "complaint", _("complaint")
    INQUIRY = "inquiry", _("inquiry")
    CHARGEBACK = "chargeback", _("chargeback")
    PRE_ARBITRATION = "pre_arbitration", _("pre-arbitration")
    ARBITRATION = "arbitration", _("arbitration")


class OpenedBy(models.TextChoices):
    MERCHANT = "merchant", _("merchant")
    PAYER = "payer", _("payer")
    PROVIDER = "provider", _("provider")
    STAFF = "staff", _("staff")


class Dispute(models.Model):
    """All or part of what one payment collected, disputed: held in the ledger until it is decided.

    `status` changes only through transitions.move. `amount` and `amount_lost` are minor units of
    `currency`, which is the payment's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, db_index=False)
    livemode = models.BooleanField(_("live mode"))
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="disputes",
        verbose_name=_("payment"),
    )
    amount = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    network = models.CharField(_("network"), max_length=16, choices=Network.choices)
    reason = models.CharField(_("reason"), max_length=24, choices=Reason.choices)
    # The card scheme's own, e.g. "13.1" or "4853".
    reason_code = models.CharField(_("reason code"), max_length=16, default="", blank=True)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage.choices)
    status = models.CharField(_("status"), max_length=16, choices=DisputeStatus.choices)
    opened_by = models.CharField(_("opened by"), max_length=12, choices=OpenedBy.choices)
    # What the provider calls it: its case number.
    provider_reference = models.CharField(
        _("provider's reference"), max_length=64, default="", blank=True
    )
    evidence_due_at = models.DateTimeField(_("evidence due"))
    # When the merchant answered; null: it has not, in this stage.
    responded_at = models.DateTimeField(_("responded"), null=True, blank=True)
    # When to remind the merchant next, or to go on without it; null once it has answered.
    due_at = models.DateTimeField(null=True, blank=True)
    amount_lost = models.PositiveBigIntegerField(_("amount lost"), default=0)
    # Moves made so far, each with its event: the next one is sequence + 1.
    sequence = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            # However many ask at once.
            models.UniqueConstraint(
                name="dispute_one_open", fields=["payment"], condition=Q(closed_at=None)
            ),
            # What was taken from the payment is told apart from what was not.
            models.CheckConstraint(
                name="dispute_amounts",
                condition=Q(amount__gt=0)
                & (
                    Q(status="lost", amount_lost=F("amount"))
                    | Q(status="partly_lost", amount_lost__gt=0, amount_lost__lt=F("amount"))
                    | (~Q(status__in=["lost", "partly_lost"]) & Q(amount_lost=0))
                ),
            ),
            models.CheckConstraint(
                name="dispute_closed_at_its_end",
                condition=Q(status__in=["needs_response", "under_review"], closed_at=None)
                | (~Q(status__in=["needs_response", "under_review"]) & Q(closed_at__isnull=False)),
            ),
            # No date passes unseen.
            models.CheckConstraint(
                name="dispute_waited_for_is_due",
                condition=Q(status="needs_response", due_at__isnull=False)
                | (~Q(status="needs_response") & Q(due_at=None)),
            ),
            models.CheckConstraint(
                name="dispute_stage_of_network",
                condition=Q(network="mobile_money", stage="complaint", reason_code="")
                | (Q(network="card") & ~Q(stage="complaint")),
            ),
        ]
        indexes = [
            # A merchant's list, newest first; of one status.
            models.Index(name="dispute_by_merchant", fields=["merchant", "livemode", "id"]),
            models.Index(name="dispute_by_status", fields=["merchant", "livemode", "status", "id"]),
            # A payment's disputes.
            models.Index(name="dispute_of_payment", fields=["payment", "id"]),
            # Whom to remind, and whose date has passed.
            models.Index(name="dispute_due", fields=["due_at"], condition=Q(due_at__isnull=False)),
            # What staff have to decide, the most urgent first.
            models.Index(
                name="dispute_open",
                fields=["status", "evidence_due_at", "id"],
                condition=Q(closed_at=None),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("dis", self.pk)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def payer_msisdn_masked(self) -> str:
        return self.payment.payer_msisdn_masked

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency}"


class EvidenceText(models.Model):
    """What somebody said of a dispute, encrypted under this row: the complaint of who opened it,
    and what the merchant answers."""

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", _("complaint")
        RECEIPT = "receipt", _("receipt")
        DELIVERY_PROOF = "delivery_proof", _("delivery proof")
        CUSTOMER_COMMUNICATION = "customer_communication", _("customer communication")
        EXPLANATION = "explanation", _("explanation")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # evidence_text_once begins with it.
    dispute = models.ForeignKey(
        Dispute, on_delete=models.PROTECT, related_name="texts", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    text_encrypted = models.BinaryField()
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("evidence text")
        verbose_name_plural = _("evidence texts")
        constraints = [
            models.UniqueConstraint(name="evidence_text_once", fields=["dispute", "kind"]),
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.kind}"


class EvidenceFile(models.Model):
    """A file a merchant answers with, encrypted under this row, its name too.

    `content_encrypted` is of its base64: the vault encrypts text.
    """

    class ContentType(models.TextChoices):
        JPEG = "image/jpeg", "JPEG"
        PNG = "image/png", "PNG"
        PDF = "application/pdf", "PDF"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # evidence_file_once begins with it.
    dispute = models.ForeignKey(
        Dispute, on_delete=models.PROTECT, related_name="files", db_index=False
    )
    # What it is, not what its name says.
    content_type = models.CharField(_("type"), max_length=24, choices=ContentType.choices)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.BinaryField(max_length=32)
    name_encrypted = models.BinaryField()
    content_encrypted = models.BinaryField()
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")
        constraints = [
            # The same file a second time is the first.
            models.UniqueConstraint(name="evidence_file_once", fields=["dispute", "sha256"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("df", self.pk)

    def __str__(self) -> str:
        return self.public_id


class SigningKey(models.Model):
    """What signs evidence packs where no key is configured: made at the first pack, the private
    key encrypted under this row. Both as PEM."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    certificate = models.TextField(_("certificate"))
    key_encrypted = models.BinaryField()
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")

    def __str__(self) -> str:
        return str(self.pk)


class DisputeFile(models.Model):
    """A provider's file of disputes. The same file again is this one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("provider account"),
    )
    file_name = models.CharField(_("file"), max_length=200)
    file_digest = models.BinaryField(max_length=32)
    lines_read = models.PositiveIntegerField(_("lines"), default=0)
    created_at = models.DateTimeField(_("imported"))

    class Meta:
        verbose_name = _("dispute file")
        verbose_name_plural = _("dispute files")
        constraints = [
            models.UniqueConstraint(
                name="dispute_file_once", fields=["provider_account", "file_digest"]
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("dfi", self.pk)

    def __str__(self) -> str:
        return self.file_name


class DisputeFileLine(models.Model):
    """One line of it, and what became of it. None is lost: one that opens no dispute needs a
    person, until somebody closes it with a reason."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        OPENED = "opened", pgettext_lazy("a line", "opened a dispute")
        # The case is in an earlier line, or in a dispute that was opened otherwise.
        SEEN_BEFORE = "seen_before", _("seen before")
        NEEDS_PERSON = "needs_person", _("needs a person")
        CLOSED = "closed", pgettext_lazy("a line", "closed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # dispute_line_once begins with it.
    file = models.ForeignKey(
        DisputeFile,
        on_delete=models.PROTECT,
        related_name="lines",
        db_index=False,
        verbose_name=_("file"),
    )
    line_number = models.PositiveIntegerField(_("line"))
    case = models.CharField(_("provider's reference"), max_length=64)
    reference = models.CharField(_("reference"), max_length=64)
    provider_reference = models.CharField(max_length=64)
    amount = models.PositiveBigIntegerField(_("amount"), null=True)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=24, choices=Reason.choices)
    # As the provider wrote it.
    reason_word = models.CharField(_("reason code"), max_length=40)
    occurred_at = models.DateTimeField(null=True)
    evidence_due_at = models.DateTimeField(_("evidence due"), null=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices)
    # Why it needs a person: a code, and what is known besides.
    problem = models.CharField(_("problem"), max_length=40, default="")
    problem_detail = models.CharField(_("detail"), max_length=200, default="")
    dispute = models.ForeignKey(
        Dispute,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("dispute"),
    )
    # Until when it is being tried, and when it is tried next; null: it is not.
    due_at = models.DateTimeField(null=True)
    # Whoever took it last.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    resolution = models.CharField(_("resolution"), max_length=300, default="")
    # Since when it is tried: by the import, or by who had it tried again.
    tried_from = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    # The line, its numbers masked.
    raw = models.CharField(max_length=2000)

    class Meta:
        verbose_name = _("line of a dispute file")
        verbose_name_plural = _("lines of dispute files")
        constraints = [
            models.UniqueConstraint(name="dispute_line_once", fields=["file", "line_number"]),
            models.CheckConstraint(
                name="dispute_line_waits_or_has_ended",
                condition=Q(status="waiting", due_at__isnull=False, amount__isnull=False)
                | (~Q(status="waiting") & Q(due_at=None)),
            ),
            models.CheckConstraint(
                name="dispute_line_says_why",
                condition=~Q(status="needs_person") | ~Q(problem=""),
            ),
            models.CheckConstraint(
                name="dispute_line_has_its_dispute",
                condition=~Q(status__in=["opened", "seen_before"]) | Q(dispute__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="dispute_line_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            # What needs a person.
            models.Index(
                name="dispute_line_open", fields=["id"], condition=Q(status="needs_person")
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("dfl", self.pk)

    def __str__(self) -> str:
        return f"{self.case} · {self.line_number}"
