"""What an account has, without reading all its transfers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id
from apps.ledger.models.transfers import Account, TransactionIdField


class BalanceSnapshot(models.Model):
    """An account's balance of all transfers of transactions before `horizon`: sums start here.

    At the horizon all of those had ended, so none is ever added. No clock has a say.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # snapshot_once begins with it.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="snapshots", db_index=False
    )
    balance = models.BigIntegerField(_("balance"))
    horizon = TransactionIdField()
    # For people, and for thinning.
    taken_at = models.DateTimeField(_("taken"))

    class Meta:
        # The table before this one was cut by a clock.
        db_table = "ledger_snapshot"
        verbose_name = _("balance snapshot")
        verbose_name_plural = _("balance snapshots")
        constraints = [
            models.UniqueConstraint(name="snapshot_once", fields=["account", "horizon"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.taken_at:%Y-%m-%d %H:%M}"


class Balance(models.Model):
    """A view: each account's newest snapshot and what moved since. Never grows with history.

    Everybody who says a balance reads it here.
    """

    account = models.OneToOneField(
        Account, on_delete=models.DO_NOTHING, primary_key=True, related_name="current"
    )
    # Minor units.
    amount = models.BigIntegerField(_("balance"))

    class Meta:
        managed = False
        db_table = "ledger_balance"
        verbose_name = _("balance")

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"
