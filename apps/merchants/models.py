"""Merchants, the people who act for them, and the keys of their programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.core.money import Money
from apps.core.percent import percent
from apps.core.public_ids import encode_id, new_id
from apps.merchants.rights import Rights

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID


SETTLEMENT_DELAY_DAYS_MAX = 90
# 50 %: more is a slip of the hand.
RESERVE_BASIS_POINTS_MAX = 5_000
RESERVE_DAYS_MAX = 365
# As of one payment (apps.core.money.AMOUNT_MAX): of a larger one the sums would overflow.
RESERVE_CAP_MAX = 10**12


class Reserve(NamedTuple):
    """Of what fees leave of each payment, for so many calendar days; both 0: nothing.

    `cap`: in minor units of the merchant's currency, no more than this is kept at any time; None:
    as much as comes of it.
    """

    basis_points: int = 0
    days: int = 0
    cap: int | None = None

    def in_words(self, currency: str) -> str:
        if not self.basis_points:
            return gettext("none")
        words = ngettext("%(share)s, for %(count)s day", "%(share)s, for %(count)s days", self.days)
        told = words % {"share": percent(self.basis_points), "count": self.days}
        if self.cap is None:
            return told
        return gettext("%(reserve)s, up to %(cap)s in all") % {
            "reserve": told,
            "cap": Money(self.cap, currency),
        }


class Merchant(models.Model):
    """A business that collects and pays out through us."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    country = models.CharField(_("country"), max_length=2)
    currency = models.CharField(_("currency"), max_length=3)
    timezone = models.CharField(_("time zone"), max_length=40)
    language = models.CharField(_("language"), max_length=2, default="fr")
    is_active = models.BooleanField(_("active"), default=True)
    # Calendar days until what is paid is the merchant's to ask for; null: as each rail has it.
    settlement_delay_days = models.PositiveSmallIntegerField(
        _("settlement delay, days"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(SETTLEMENT_DELAY_DAYS_MAX)],
        help_text=_("Empty: as each provider account has it. For payments from then on."),
    )
    # As of Reserve.
    reserve_basis_points = models.PositiveSmallIntegerField(db_default=0, editable=False)
    reserve_days = models.PositiveSmallIntegerField(db_default=0, editable=False)
    reserve_cap = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        constraints = [
            # A mistyped year would keep a merchant's money for as long.
            models.CheckConstraint(
                name="merchant_settlement_delay",
                condition=Q(settlement_delay_days=None)
                | Q(settlement_delay_days__range=(0, SETTLEMENT_DELAY_DAYS_MAX)),
            ),
            models.CheckConstraint(
                name="merchant_reserve",
                condition=Q(reserve_basis_points=0, reserve_days=0)
                | Q(
                    reserve_basis_points__range=(1, RESERVE_BASIS_POINTS_MAX),
                    reserve_days__range=(1, RESERVE_DAYS_MAX),
                ),
            ),
            models.CheckConstraint(
                name="merchant_reserve_cap",
                condition=Q(reserve_cap=None)
                | Q(reserve_cap__range=(1, RESERVE_CAP_MAX), reserve_basis_points__gt=0),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("mer", self.pk)

    @property
    def reserve(self) -> Reserve:
        return Reserve(self.reserve_basis_points, self.reserve_days, self.reserve_cap)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person who may act for a merchant; one person may serve several."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        DEVELOPER = "developer", _("developer")
        FINANCE = "finance", _("finance")
        SUPPORT = "support", _("support")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="members", verbose_name=_("merchant")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    # Keys that end, webhooks that are paused: what somebody must act on.
    is_notified = models.BooleanField(_("told by e-mail"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(name="member_once", fields=["merchant", "user"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("mem", self.pk)

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def living(self, *, now: datetime) -> ApiKeyQuerySet:
        """Neither revoked nor expired; those waiting to be collected among them."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at=None)

    def with_status(self, statuses: Collection[str], *, now: datetime) -> ApiKeyQuerySet:
        """Those whose `status` is one of these."""
        living, found = Q(expires_at__isnull=True) | Q(expires_at__gt=now), Q(pk__in=[])
        if ApiKey.Status.ACTIVE in statuses:
            found |= living & Q(revoked_at=None, digest__isnull=False)
        if ApiKey.Status.WAITING in statuses:
            found |= living & Q(revoked_at=None, digest=None)
        if ApiKey.Status.EXPIRED in statuses:
            found |= Q(revoked_at=None, expires_at__lte=now)
        if ApiKey.Status.REVOKED in statuses:
            found |= Q(revoked_at__isnull=False)
        return self.filter(found)

    def with_successor(self) -> ApiKeyQuerySet:
        """Each with its `successor_id`."""
        return self.annotate(successor_id=Subquery(_living_successors().values("pk")[:1]))  # type: ignore[no-redef]

    def without_successor(self) -> ApiKeyQuerySet:
        return self.filter(~Exists(_living_successors()))


class ApiKey(models.Model):
    """A key of a merchant's program. Only a keyed hash is kept; the key is shown once.

    It lives until `expires_at`. Where that end is ours to set, because the key is rotated, it is
    written only together with its announcement: no key dies unannounced, however late we are.
    """

    class Kind(models.TextChoices):
        SECRET = "secret", _("secret")
        RESTRICTED = "restricted", _("restricted")

    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("feminine", "active")
        WAITING = "waiting", _("waiting to be collected")
        EXPIRED = "expired", pgettext_lazy("feminine", "expired")
        REVOKED = "revoked", pgettext_lazy("feminine", "revoked")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="api_keys")
    livemode = models.BooleanField(_("live mode"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.SECRET)
    label = models.CharField(_("label"), max_length=60, default="", blank=True)
    # The first characters, enough to recognise a key on a screen; none before it is collected.
    prefix = models.CharField(_("prefix"), max_length=24, default="", blank=True)
    # Null while it waits to be collected: there is no key yet that could leak.
    digest = models.BinaryField(max_length=32, unique=True, null=True)
    # All that it may do. A secret key too holds what it was made with, and nothing that came later.
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    # Networks in CIDR notation it may be used from; none means from everywhere.
    allowed_addresses = ArrayField(
        models.CharField(max_length=43), verbose_name=_("allowed addresses"), default=list
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    # How many events told of it: the last one's number.
    event_sequence = models.PositiveIntegerField(db_default=0, editable=False)

    # Of a live key that two people of the staff agreed on: who asked, "user:<id>". She collects it.
    asked_by = models.CharField(max_length=60, default="", db_default="", blank=True)

    # --- Rotation
    rotated_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="successors"
    )
    rotate_every_days = models.PositiveSmallIntegerField(
        _("rotated every, days"), null=True, blank=True
    )
    # When the next automatic rotation begins; null without one, and once it has begun.
    rotation_starts_at = models.DateTimeField(_("rotation begins"), null=True, blank=True)
    # While a successor waits: when this key is to end.
    rotation_ends_at = models.DateTimeField(_("rotation ends"), null=True, blank=True)
    # The secret of what waited was made and shown.
    collected_at = models.DateTimeField(_("collected"), null=True, blank=True)
    # The merchant was warned of `expires_at`, or set it so near itself.
    expiry_told_at = models.DateTimeField(_("end announced"), null=True, blank=True)
    # The merchant was told that it has ended.
    end_told_at = models.DateTimeField(_("end told"), null=True, blank=True)

    # Read by with_successor: the living key made to replace this one.
    successor_id: UUID | None = None

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            # Two workers that rotate the same key must not make two successors.
            models.UniqueConstraint(
                name="api_key_one_successor",
                fields=["rotated_from"],
                condition=Q(revoked_at__isnull=True),
            ),
            models.CheckConstraint(
                name="api_key_rotation_days",
                condition=Q(rotate_every_days__isnull=True) | Q(rotate_every_days__range=(1, 365)),
            ),
        ]
        indexes = [
            models.Index(
                name="api_key_rotation_start",
                fields=["rotation_starts_at"],
                condition=Q(rotation_starts_at__isnull=False),
            ),
            models.Index(
                name="api_key_rotation_end",
                fields=["rotation_ends_at"],
                condition=Q(rotation_ends_at__isnull=False),
            ),
            # Ends to be announced and to be told.
            models.Index(
                name="api_key_end",
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False, end_told_at__isnull=True),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("key", self.pk)

    @property
    def rights(self) -> Rights:
        return Rights(
            scopes=self.scopes,
            addresses=self.allowed_addresses,
            expires_at=self.expires_at,
        )

    @property
    def is_waiting(self) -> bool:
        return self.digest is None

    def status(self, *, now: datetime) -> Status:
        if self.revoked_at is not None:
            return self.Status.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return self.Status.EXPIRED
        return self.Status.WAITING if self.is_waiting else self.Status.ACTIVE

    def __str__(self) -> str:
        return f"{self.prefix}…" if self.prefix else self.public_id


class DelegatedObject(models.Model):
    """A key, certificate or webhook endpoint that an application made with a merchant's consent.

    It ends with the consent, or as soon as the application may no longer have its scopes.
    """

    class Kind(models.TextChoices):
        API_KEY = "api_key", _("API key")
        CLIENT_CERTIFICATE = "client_certificate", _("client certificate")
        WEBHOOK_ENDPOINT = "webhook_endpoint", _("webhook endpoint")

    object_id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    application_id = models.UUIDField(_("application"))
    # The consent; of tokens without one, the application again.
    grant_id = models.UUIDField(_("consent"))
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("object of an application")
        verbose_name_plural = _("objects of applications")
        indexes = [
            # What ends with a consent.
            models.Index(
                name="delegated_by_consent",
                fields=["grant_id"],
                condition=Q(ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


def _living_successors() -> models.QuerySet[ApiKey]:
    return ApiKey.objects.filter(rotated_from=OuterRef("pk"), revoked_at=None)
