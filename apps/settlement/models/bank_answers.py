"""What our bank says of the files it got, and what of it contradicts our books."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.settlement.models.settlements import BankFile, Settlement


class BankAnswerStatus(models.TextChoices):
    # It waits for a second person.
    DRAFT = "draft", _("draft")
    APPLIED = "applied", _("booked")
    # Nothing of it is to be booked.
    NOTED = "noted", _("nothing to book")


class BankAnswer(models.Model):
    """What our bank said of a file, in one message (pain.002): booked once two people say so.

    `digest` is the SHA-256 of the message; it is read once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bank_file = models.ForeignKey(
        BankFile,
        on_delete=models.PROTECT,
        related_name="answers",
        verbose_name=_("bank file"),
        # The constraint's index begins with it.
        db_index=False,
    )
    message_id = models.CharField(_("the bank’s MsgId"), max_length=35, blank=True)
    digest = models.BinaryField(max_length=32)
    status = models.CharField(_("status"), max_length=10, choices=BankAnswerStatus.choices)
    created_by = models.CharField(_("read by"), max_length=60)
    approved_by = models.CharField(_("approved by"), max_length=60, default="", blank=True)
    created_at = models.DateTimeField(_("read"))
    applied_at = models.DateTimeField(_("booked"), null=True, blank=True)

    class Meta:
        verbose_name = _("answer of the bank")
        verbose_name_plural = _("answers of the bank")
        constraints = [
            models.UniqueConstraint(
                name="settlement_bank_answer_once", fields=["bank_file", "digest"]
            ),
            # One person's file neither ends a settlement nor gives its amount back.
            models.CheckConstraint(
                name="settlement_bank_answer_by_two",
                condition=~Q(status="applied")
                | (~Q(approved_by="") & ~Q(approved_by=F("created_by"))),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("sba", self.pk)

    def __str__(self) -> str:
        return self.public_id


class Said(models.TextChoices):
    PAID = "paid", _("paid")
    REJECTED = "rejected", _("turned down")
    OPEN = "open", _("not decided")


class Contradiction(models.TextChoices):
    NOT_IN_FILE = "not_in_file", _("It is not in this file.")
    OTHER_AMOUNT = "other_amount", _("The amount is another.")
    SAID_TWICE = "said_twice", _("The same message says two things of it.")
    PAID_AFTER_REJECTED = "paid_after_rejected", _("The balance has the amount again.")
    REJECTED_AFTER_PAID = "rejected_after_paid", _("It was booked as paid.")


class BankAnswerLine(models.Model):
    """What a message says of one transfer. Where it is another than what we know, nothing is
    booked, and a person has to see to it: `contradiction` says what, `closed_at` that she did."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    answer = models.ForeignKey(
        BankAnswer, on_delete=models.PROTECT, related_name="lines", verbose_name=_("answer")
    )
    end_to_end_id = models.CharField(_("EndToEndId"), max_length=35)
    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_lines",
        verbose_name=_("settlement"),
    )  # fmt: skip
    said = models.CharField(_("said"), max_length=10, choices=Said.choices)
    bank_code = models.CharField(_("the bank’s code"), max_length=35, default="", blank=True)
    # Minor units; null where it is not said, -1 where it cannot be read.
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="", blank=True)
    contradiction = models.CharField(
        _("contradiction"), max_length=20, choices=Contradiction.choices, default="", blank=True
    )
    created_at = models.DateTimeField(_("read"))
    closed_at = models.DateTimeField(_("seen to"), null=True, blank=True)
    closed_by = models.CharField(_("seen to by"), max_length=60, default="", blank=True)
    note = models.CharField(_("what was done"), max_length=300, default="", blank=True)

    class Meta:
        verbose_name = _("contradiction of the bank")
        verbose_name_plural = _("contradictions of the bank")
        constraints = [
            models.CheckConstraint(
                name="settlement_bank_line_closed_by",
                condition=Q(closed_at__isnull=True) | (~Q(closed_by="") & ~Q(note="")),
            ),
        ]
        indexes = [
            # Those that nobody has seen to: the alert's, and few.
            models.Index(
                name="settlement_bank_line_open",
                fields=["created_at"],
                condition=~Q(contradiction="") & Q(closed_at__isnull=True),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("sbl", self.pk)

    def __str__(self) -> str:
        return self.public_id
