"""Who gets day reports, how, and what was sent."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.approvals.models import AgreedVersion
from apps.core.public_ids import encode_id, new_id
from apps.core.work.counted_failures import CountsFailures
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount

ADDRESSES_MAX = 10
LANGUAGES = [("fr", _("French")), ("en", _("English"))]


class ReportSubscription(AgreedVersion):
    """The day reports of a provider account or a merchant, sent to named addresses or to a server.

    One version: never changed once two people agreed, but for its end. All versions of a
    subscription have one `root_id`; at most one of them holds. `host_keys` are the server's,
    pinned, one OpenSSH line each; `credentials_encrypted` is a JSON object with `private_key` or
    `password`; `our_public_key` is what the receiver is given.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    root_id = models.UUIDField()
    name = models.CharField(_("name"), max_length=80)
    provider_account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("provider account"),
    )
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("merchant"),
    )
    livemode = models.BooleanField(_("live mode"))
    formats = ArrayField(models.CharField(max_length=16), verbose_name=_("files"), size=5)
    # Of the day after, in the zone of the account or merchant; null: as soon as it is ready.
    hour = models.PositiveSmallIntegerField(_("not before"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="fr")
    first_day = models.DateField(_("first day"))
    emails = ArrayField(
        models.EmailField(), verbose_name=_("addresses"), size=ADDRESSES_MAX, default=list
    )
    host = models.CharField(_("host"), max_length=253, default="", blank=True)
    port = models.PositiveIntegerField(_("port"), default=22)
    username = models.CharField(_("user"), max_length=64, default="", blank=True)
    host_keys = models.TextField(_("host keys"), default="", blank=True)
    folder = models.CharField(_("folder"), max_length=255, default="", blank=True)
    credentials_encrypted = models.BinaryField(null=True)
    our_public_key = models.TextField(_("our public key"), default="", blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=60, default="", blank=True)

    class Meta:
        verbose_name = _("subscription of day reports")
        verbose_name_plural = _("subscriptions of day reports")
        constraints = [
            models.UniqueConstraint(
                name="report_subscription_number", fields=["root_id", "number"]
            ),
            models.UniqueConstraint(
                name="report_subscription_holds_once",
                fields=["root_id"],
                condition=Q(number__isnull=False, ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="report_subscription_of_one",
                condition=Q(provider_account__isnull=True, merchant__isnull=False)
                | Q(provider_account__isnull=False, merchant__isnull=True),
            ),
            AgreedVersion.by_two("report_subscription_by_two"),
            models.CheckConstraint(
                name="report_subscription_bounds",
                condition=Q(port__range=(1, 65535)) & (Q(hour__isnull=True) | Q(hour__lte=23)),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("rsb", self.pk)

    @property
    def timezone(self) -> str:
        owner = self.merchant or self.provider_account
        assert owner is not None  # noqa: S101 (the database refuses neither)
        return owner.timezone

    def __str__(self) -> str:
        return self.name


class Way(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SFTP = "sftp", _("SFTP")


class SendingStatus(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    # A newer version took its place, or the subscription ended.
    DROPPED = "dropped", _("not sent any more")
    # A person gave it up.
    GIVEN_UP = "given_up", _("given up")


class ReportSending(CountsFailures):
    """One report of a day on its way to one receiver, and then the evidence of it. It is its own
    queue. `source_key` says what the report was made of: other content is another sending, with
    the next `version`. `files` is [{"name": …, "sha256": …, "bytes": …}] as they were sent."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(
        ReportSubscription,
        on_delete=models.PROTECT,
        related_name="sendings",
        verbose_name=_("subscription"),
    )
    root_id = models.UUIDField()
    way = models.CharField(_("way"), max_length=8, choices=Way.choices)
    day = models.DateField(_("day"))
    # "": of a provider account, whose report has all of them.
    currency = models.CharField(_("currency"), max_length=3, default="", blank=True)
    source_key = models.CharField(max_length=64)
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("status"), max_length=8, choices=SendingStatus.choices)
    files = models.JSONField(_("files"), default=list)
    sent_to = models.CharField(_("sent to"), max_length=3_000, default="", blank=True)
    created_at = models.DateTimeField(_("created"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    closed_by = models.CharField(_("seen to by"), max_length=60, default="", blank=True)
    note = models.CharField(_("what was done"), max_length=300, default="", blank=True)
    due_at = models.DateTimeField(_("next"), null=True, blank=True)
    # Whoever is sending it has it until then; what waits for its next try is nobody's.
    sending_until = models.DateTimeField(null=True, blank=True)
    # Of an e-mail, by address: {"at": …, "files": […]} as it was accepted, or {"refused": "550 …"}.
    # Null: none was tried.
    receivers = models.JSONField(_("addresses"), null=True, blank=True)

    class Meta:
        verbose_name = _("sent day report")
        verbose_name_plural = _("sent day reports")
        constraints = [
            # However often it is looked whether there is something to send.
            models.UniqueConstraint(
                name="report_sending_version",
                fields=["root_id", "way", "day", "currency", "version"],
            ),
            models.CheckConstraint(
                name="report_sending_evidence",
                condition=~Q(status="sent") | (Q(sent_at__isnull=False) & ~Q(sent_to="")),
            ),
            models.CheckConstraint(
                name="report_sending_due_while_waiting",
                condition=Q(status="waiting") | Q(due_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                name="report_sending_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            # The alert's, and few.
            models.Index(
                name="report_sending_waiting", fields=["created_at"], condition=Q(status="waiting")
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("rse", self.pk)

    def is_under_way(self, now: datetime) -> bool:
        return self.sending_until is not None and self.sending_until > now

    @property
    def refused(self) -> dict[str, str]:
        """What the mail server said of each address that it did not take."""
        known = (self.receivers or {}).items()
        return {address: one["refused"] for address, one in known if "refused" in one}

    def __str__(self) -> str:
        return self.public_id
