"""Merchants and the keys of their programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id

if TYPE_CHECKING:
    from datetime import datetime


class Merchant(models.Model):
    """A business that collects and pays out through us.

    Fees: `fee_basis_points` of the amount (hundredths of a percent) plus `fee_fixed` minor units.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    country = models.CharField(_("country"), max_length=2)
    currency = models.CharField(_("currency"), max_length=3)
    timezone = models.CharField(_("time zone"), max_length=40)
    language = models.CharField(_("language"), max_length=2, default="fr")
    fee_basis_points = models.PositiveIntegerField(_("fee, basis points"), default=0)
    fee_fixed = models.PositiveBigIntegerField(_("fee, fixed"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")

    @property
    def public_id(self) -> str:
        return encode_id("mer", self.pk)

    def __str__(self) -> str:
        return self.name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, *, now: datetime) -> ApiKeyQuerySet:
        return self.filter(
            models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now),
            revoked_at__isnull=True,
            merchant__is_active=True,
        )


class ApiKey(models.Model):
    """A secret key of a merchant's program. Only a keyed hash is kept; the key is shown once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="api_keys")
    livemode = models.BooleanField(_("live mode"))
    label = models.CharField(_("label"), max_length=60, default="", blank=True)
    # The first characters, enough to recognise a key on a screen.
    prefix = models.CharField(_("prefix"), max_length=24)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    @property
    def public_id(self) -> str:
        return encode_id("key", self.pk)

    def __str__(self) -> str:
        return f"{self.prefix}…"
