"""How much of our money the providers hold: by their word, and by our books."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id
from apps.core.work.counted_failures import CountsFailures
from apps.providers.models import ProviderAccount


class FloatWatch(CountsFailures):
    """One provider account whose balance is asked for again and again.

    Its due time is its queue. The last reading stays, however old.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.OneToOneField(
        ProviderAccount, on_delete=models.PROTECT, related_name="float_watch"
    )
    # None: the account is closed.
    due_at = models.DateTimeField(_("next reading"), null=True, db_index=True)
    # Below it somebody is told. None: nobody has said how much is needed.
    minimum = models.BigIntegerField(
        _("minimum"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("In the smallest unit of its currency. Below it the alert “float_low” begins."),
    )

    class Meta:
        verbose_name = _("float")
        verbose_name_plural = _("floats")
        constraints = [
            models.CheckConstraint(
                name="float_watch_minimum", condition=Q(minimum__isnull=True) | Q(minimum__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return str(self.provider_account)


class FloatReading(models.Model):
    """What a provider said its wallets hold, and what our books said it held just then.

    Amounts in minor units of the account's currency. Never changed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # By the provider's word for each wallet.
    wallets = models.JSONField(_("wallets"))
    available = models.BigIntegerField(_("at the provider"))
    # Of it what refunds and payouts are taken from; None where no wallet pays.
    payable = models.BigIntegerField(_("to pay from"), null=True)
    in_books = models.BigIntegerField(_("by our books"))
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("float reading")
        verbose_name_plural = _("float readings")
        indexes = [
            models.Index(name="float_reading_newest", fields=["provider_account", "-read_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.provider_account_id} {self.read_at}"
