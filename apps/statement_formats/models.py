"""Profiles of statements: how each provider or bank writes them, in versions that never change."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.providers.models import ProviderAccount


class StatementProfile(models.Model):
    """What the statements of one account are read by, or those of all accounts of a connector
    that have no profile of their own. How they are read is in its versions.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    # A connector's code, e.g. mtn_momo.
    connector = models.CharField(_("connector"), max_length=32)
    # Null: of all its accounts.
    provider_account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="statement_profiles",
        verbose_name=_("provider account"),
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("statement profile")
        verbose_name_plural = _("statement profiles")
        constraints = [
            # Of two, neither would be the one to read by.
            models.UniqueConstraint(
                name="statement_profile_one_each",
                fields=["connector", "provider_account"],
                nulls_distinct=False,
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("spr", self.pk)

    def __str__(self) -> str:
        return self.name


class StatementProfileVersion(models.Model):
    """How statements are read from one instant on, until the next version begins. Never changed:
    only `valid_until` is set, once.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    profile = models.ForeignKey(
        StatementProfile,
        on_delete=models.PROTECT,
        related_name="versions",
        verbose_name=_("statement profile"),
        db_index=False,
    )
    number = models.PositiveIntegerField(_("version"))
    # rules.layout, as layout_as_json writes it.
    layout = models.JSONField(_("layout"))
    # Staff, "user:<id>": who wrote it and who approved it.
    requested_by = models.CharField(_("requested by"), max_length=60)
    approved_by = models.CharField(_("approved by"), max_length=60)
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("version of a statement profile")
        verbose_name_plural = _("versions of statement profiles")
        constraints = [
            models.UniqueConstraint(
                name="statement_profile_version_number", fields=["profile", "number"]
            ),
            # The one that holds now: a new one closes it.
            models.UniqueConstraint(
                name="statement_profile_version_one_open",
                fields=["profile"],
                condition=Q(valid_until__isnull=True),
            ),
            models.CheckConstraint(
                name="statement_profile_version_dates",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="statement_profile_version_two", condition=~Q(requested_by=F("approved_by"))
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("spv", self.pk)

    def __str__(self) -> str:
        return f"{self.profile_id} {self.number}"
