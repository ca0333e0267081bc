"""Double entry in one row: a transfer takes from one account exactly what it gives another."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id


class TransactionIdField(models.Field):  # type: ignore[type-arg]
    """The number PostgreSQL gave a transaction, with its epoch: 64 bits that never wrap."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class AccountKind(models.TextChoices):
    # What a provider holds for us between the payer's debit and its settlement.
    PROVIDER_CLEARING = "provider_clearing", _("provider clearing")
    # What we owe a merchant, and it may ask for.
    MERCHANT_PAYABLE = "merchant_payable", _("merchant payable")
    # What we owe a merchant and it has asked to send elsewhere, or somebody disputes: gone once it
    # is sent or lost.
    MERCHANT_HELD = "merchant_held", _("merchant held")
    # What we owe a merchant once its day has come: the rail pays us later, or the merchant's terms
    # say so.
    MERCHANT_PENDING = "merchant_pending", _("merchant pending")
    # What we owe a merchant and keep for a time, of each payment a part, as two people agreed.
    MERCHANT_RESERVE = "merchant_reserve", _("merchant reserve")
    # What we earned.
    FEE_REVENUE = "fee_revenue", _("fee revenue")
    # What of it is not ours: tax on our fees, until it is paid over.
    TAX_PAYABLE = "tax_payable", _("tax payable")
    # What left by the platform's own bank account, to merchants.
    BANK = "bank", _("bank")
    # What was given up, with nobody to claim it from or to give it to.
    WRITE_OFF = "write_off", _("write-offs")


class Account(models.Model):
    """One account of the ledger, in one currency and one mode.

    `owner_id` is the provider account or the merchant; null for the platform's own.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=24, choices=AccountKind.choices)
    owner_id = models.UUIDField(_("owner"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    livemode = models.BooleanField(_("live mode"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            # One account for one purpose, however many processes open it at once.
            models.UniqueConstraint(
                name="account_unique",
                fields=["kind", "owner_id", "currency", "livemode"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.owner_id or ''} {self.currency}"


class TransferKind(models.TextChoices):
    """What a transfer books. rules.postings says from which account into which."""

    GROSS = "gross", _("gross")
    FEE = "fee", _("fee")
    FEE_TAX = "fee_tax", _("tax on the fee")
    # Asked for, given back because it was not sent, sent.
    REFUND_HELD = "refund_held", _("refund held")
    REFUND_RETURNED = "refund_returned", _("refund returned")
    REFUND_SENT = "refund_sent", _("refund sent")
    PAYOUT_HELD = "payout_held", _("payout held")
    PAYOUT_RETURNED = "payout_returned", _("payout returned")
    PAYOUT_SENT = "payout_sent", _("payout sent")
    # The fee of each and the tax on it: held with the amount, given back with it, or ours once it
    # is sent.
    PAYOUT_FEE_HELD = "payout_fee_held", _("fee of a payout held")
    PAYOUT_FEE_BACK = "payout_fee_back", _("fee of a payout returned")
    PAYOUT_FEE = "payout_fee", _("fee of a payout")
    PAYOUT_TAX_HELD = "payout_tax_held", _("tax on the fee of a payout held")
    PAYOUT_TAX_BACK = "payout_tax_back", _("tax on the fee of a payout returned")
    PAYOUT_TAX = "payout_tax", _("tax on the fee of a payout")
    REFUND_FEE_HELD = "refund_fee_held", _("fee of a refund held")
    REFUND_FEE_BACK = "refund_fee_back", _("fee of a refund returned")
    REFUND_FEE = "refund_fee", _("fee of a refund")
    REFUND_TAX_HELD = "refund_tax_held", _("tax on the fee of a refund held")
    REFUND_TAX_BACK = "refund_tax_back", _("tax on the fee of a refund returned")
    REFUND_TAX = "refund_tax", _("tax on the fee of a refund")
    # Of a payment's own fee and the tax on it: what its refund gives the merchant back.
    COLLECT_FEE_BACK = "collect_fee_back", _("fee of a payment given back")
    COLLECT_TAX_BACK = "collect_tax_back", _("tax on the fee of a payment given back")
    # Disputed, the merchant's again, taken back by the provider.
    DISPUTE_HELD = "dispute_held", _("dispute held")
    DISPUTE_RETURNED = "dispute_returned", _("dispute returned")
    DISPUTE_LOST = "dispute_lost", _("dispute lost")
    # A batch of payouts: submitted, become payouts, not to be sent.
    BATCH_HELD = "batch_held", _("batch held")
    BATCH_RELEASED = "batch_released", _("batch released")
    BATCH_RETURNED = "batch_returned", _("batch returned")
    # A payment that becomes available later, and the day it does, with all others of that day.
    PENDING_GROSS = "pending_gross", _("gross, pending")
    PENDING_FEE = "pending_fee", _("fee, pending")
    PENDING_FEE_TAX = "pending_fee_tax", _("tax on the fee, pending")
    RELEASED = "released", _("released")
    # A part of a payment that is kept for a time, of what is available or of what is pending; and
    # the day its time is over, with all others of that day.
    RESERVE_HELD = "reserve_held", _("reserve held")
    PENDING_RESERVE = "pending_reserve", _("reserve, of what is pending")
    RESERVE_RELEASED = "reserve_released", _("reserve released")
    # A settlement: set aside to be paid to the merchant, held by a payout from here on, not paid,
    # paid by our bank.
    SETTLE_HELD = "settle_held", _("settlement held")
    SETTLE_RELEASED = "settle_released", _("settlement released")
    SETTLE_RETURNED = "settle_returned", _("settlement returned")
    SETTLE_SENT = "settle_sent", _("settlement sent")
    # A discrepancy that two people gave up: money that a provider does not have, or has too much.
    LOSS_WRITTEN_OFF = "loss_written_off", _("loss written off")
    GAIN_WRITTEN_OFF = "gain_written_off", _("gain written off")
    # What two people put right: to a merchant, from it, between accounts that are none's.
    CORRECTION_IN = "correction_in", _("correction, credited")
    CORRECTION_OUT = "correction_out", _("correction, debited")
    CORRECTION = "correction", _("correction of our own accounts")


class Transfer(models.Model):
    """`amount` minor units of `currency` out of one account into another. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    from_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="transfers_out", db_index=False
    )
    to_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="transfers_in", db_index=False
    )
    amount = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    # No wider: each index of one kind would be built anew while nobody may write.
    kind = models.CharField(_("kind"), max_length=16, choices=TransferKind.choices)
    # What it books, e.g. the payment.
    source_id = models.UUIDField(_("source"))
    # The instruction that moved the money, or of a batch the step that did; null where none did, or
    # in rows of before.
    attempt_id = models.UUIDField(_("attempt"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    # Whose commit makes it count; written by the database. 0: before this was kept, or elsewhere.
    database_transaction = TransactionIdField(db_default=Func(function="pg_current_xact_id"))

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            # What one instruction moved is never booked twice, nor what none did.
            models.UniqueConstraint(
                name="transfer_once_each",
                fields=["source_id", "kind", "attempt_id"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="transfer_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="transfer_between_two", condition=~Q(from_account=F("to_account"))
            ),
        ]
        indexes = [
            # A merchant's list, newest first: what each kind of transfer brings to the account or
            # takes from it. The other sides are listed by nobody.
            models.Index(
                name="transfer_fee_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.FEE),
            ),
            models.Index(
                name="transfer_fee_tax_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.FEE_TAX),
            ),
            models.Index(
                name="transfer_gross_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.GROSS),
            ),
            models.Index(
                name="transfer_refund_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.REFUND_HELD),
            ),
            models.Index(
                name="transfer_refund_returned_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.REFUND_RETURNED),
            ),
            models.Index(
                name="transfer_payout_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.PAYOUT_HELD),
            ),
            models.Index(
                name="transfer_payout_returned_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.PAYOUT_RETURNED),
            ),
            models.Index(
                name="transfer_dispute_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.DISPUTE_HELD),
            ),
            models.Index(
                name="transfer_dispute_returned_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.DISPUTE_RETURNED),
            ),
            models.Index(
                name="transfer_batch_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.BATCH_HELD),
            ),
            models.Index(
                name="transfer_batch_released_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.BATCH_RELEASED),
            ),
            models.Index(
                name="transfer_batch_returned_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.BATCH_RETURNED),
            ),
            models.Index(
                name="transfer_released_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.RELEASED),
            ),
            models.Index(
                name="transfer_reserve_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.RESERVE_HELD),
            ),
            models.Index(
                name="transfer_reserve_released_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.RESERVE_RELEASED),
            ),
            models.Index(
                name="transfer_settle_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.SETTLE_HELD),
            ),
            models.Index(
                name="transfer_settle_released_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.SETTLE_RELEASED),
            ),
            models.Index(
                name="transfer_settle_returned_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.SETTLE_RETURNED),
            ),
            models.Index(
                name="transfer_payout_fee_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.PAYOUT_FEE_HELD),
            ),
            models.Index(
                name="transfer_payout_fee_back_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.PAYOUT_FEE_BACK),
            ),
            models.Index(
                name="transfer_payout_tax_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.PAYOUT_TAX_HELD),
            ),
            models.Index(
                name="transfer_payout_tax_back_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.PAYOUT_TAX_BACK),
            ),
            models.Index(
                name="transfer_refund_fee_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.REFUND_FEE_HELD),
            ),
            models.Index(
                name="transfer_refund_fee_back_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.REFUND_FEE_BACK),
            ),
            models.Index(
                name="transfer_refund_tax_held_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.REFUND_TAX_HELD),
            ),
            models.Index(
                name="transfer_refund_tax_back_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.REFUND_TAX_BACK),
            ),
            models.Index(
                name="transfer_collect_fee_back_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.COLLECT_FEE_BACK),
            ),
            models.Index(
                name="transfer_collect_tax_back_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.COLLECT_TAX_BACK),
            ),
            models.Index(
                name="transfer_correction_in",
                fields=["to_account", "created_at"],
                condition=Q(kind=TransferKind.CORRECTION_IN),
            ),
            models.Index(
                name="transfer_correction_out",
                fields=["from_account", "created_at"],
                condition=Q(kind=TransferKind.CORRECTION_OUT),
            ),
            # Balances: what came in and what went out since the last snapshot.
            models.Index(
                name="transfer_out_by_transaction",
                fields=["from_account", "database_transaction"],
                include=["amount"],
            ),
            models.Index(
                name="transfer_in_by_transaction",
                fields=["to_account", "database_transaction"],
                include=["amount"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount} {self.currency} {self.source_id}"
