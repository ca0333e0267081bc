"""Where providers' reports are got from, and how they are reached."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.approvals.models import AgreedVersion
from apps.core.public_ids import encode_id, new_id
from apps.core.work.counted_failures import CountsFailures
from apps.providers.models import ProviderAccount
from apps.reconciliation.services.check_statement_fits import DAYS_MAX

SIZE_MAX_MB = 1024
DAY_OFFSET_MAX = 7


class Way(models.TextChoices):
    SFTP_PULL = "sftp_pull", _("we fetch by SFTP")
    DROP_IN = "drop_in", _("the provider drops in by SFTP")
    # A day is a file: the pages of its list, as they came.
    API = "api", _("we ask the provider’s API")
    # One of each account, made by the first upload; it is never on.
    UPLOAD = "upload", _("people upload it")


class PgpMode(models.TextChoices):
    """What the provider's files have to be, whatever they are called."""

    PLAIN = "plain", _("as they are")
    SIGNED = "signed", _("signed (OpenPGP)")
    ENCRYPTED = "encrypted", _("signed, and encrypted to us (OpenPGP)")


class Completeness(models.TextChoices):
    """How we know that a file is not being written any more."""

    MARKER = "marker", _("a marker file stands beside it")
    UNCHANGED = "unchanged", _("unchanged for two polls")
    # Written under another name, then renamed.
    NAMED = "named", _("it bears its name only once it is complete")


class AfterFetch(models.TextChoices):
    ARCHIVE = "archive", _("moved to the archive folder")
    LEAVE = "leave", _("left where it is")


def every_day() -> list[int]:
    return list(range(7))


def early_morning() -> list[time]:
    return [time(4, 0)]


class StatementSource(CountsFailures):
    """Where the reports of one provider account come from, and when. It is its own queue.

    Times are those of the account's zone. How it is reached stands in its connections, of which
    the one with the highest number holds.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.PROTECT,
        related_name="statement_sources",
        verbose_name=_("provider account"),
    )
    name = models.CharField(_("name"), max_length=80)
    way = models.CharField(_("way"), max_length=12, choices=Way.choices)
    # Under which a provider that drops in is known to us, and what its folder is called.
    login = models.CharField(_("login"), max_length=32, unique=True)
    is_enabled = models.BooleanField(_("on"), default=False)
    # When it is looked at, each day. While the day's report is missing, more often.
    poll_times = ArrayField(
        models.TimeField(), verbose_name=_("looked at"), default=early_morning, size=24
    )
    # 0 is Monday: the days of which a report comes.
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("days"), default=every_day, size=7
    )
    # Of the day after: a report that is not there by then is late.
    latest_time = models.TimeField(_("late from"), default=time(8, 0))
    # Its words in braces: rules/name_pattern.py.
    name_pattern = models.CharField(_("file name"), max_length=120)
    # A file named for the day it was made on covers the day before: 1.
    day_offset = models.PositiveSmallIntegerField(
        _("days from the covered to the named day"),
        default=0,
        validators=[MaxValueValidator(DAY_OFFSET_MAX)],
    )
    days_covered = models.PositiveSmallIntegerField(
        _("days covered"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(DAYS_MAX)],
    )
    completeness = models.CharField(
        _("complete when"),
        max_length=12,
        choices=Completeness.choices,
        default=Completeness.UNCHANGED,
    )
    marker_suffix = models.CharField(
        _("ending of the marker"), max_length=16, default="", blank=True
    )
    after_fetch = models.CharField(
        _("afterwards"), max_length=12, choices=AfterFetch.choices, default=AfterFetch.LEAVE
    )
    # The same name with another content: a newer report of the day, or an alarm.
    takes_corrections = models.BooleanField(_("takes corrections"), default=True)
    size_max_mb = models.PositiveIntegerField(
        _("largest file, MB"),
        default=200,
        validators=[MinValueValidator(1), MaxValueValidator(SIZE_MAX_MB)],
    )
    # Files named for earlier days are passed over, and no earlier day is late.
    first_day = models.DateField(_("first day"))
    polled_at = models.DateTimeField(_("last looked at"), null=True, blank=True)
    # At the last look: files that the pattern does not fit, and one of them.
    unmatched = models.PositiveIntegerField(_("files of other names"), default=0)
    unmatched_name = models.CharField(max_length=120, default="", blank=True)
    # When it is looked at next; null: not by itself.
    due_at = models.DateTimeField(_("next look"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("source of statements")
        verbose_name_plural = _("sources of statements")
        constraints = [
            models.CheckConstraint(
                name="statement_source_off_is_not_due",
                condition=Q(is_enabled=True) | Q(due_at__isnull=True),
            ),
            models.CheckConstraint(
                name="statement_source_marker",
                condition=~Q(completeness="marker") | ~Q(marker_suffix=""),
            ),
            models.CheckConstraint(
                name="statement_source_bounds",
                condition=Q(
                    days_covered__range=(1, DAYS_MAX),
                    day_offset__lte=DAY_OFFSET_MAX,
                    size_max_mb__range=(1, SIZE_MAX_MB),
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="statement_source_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("sts", self.pk)

    @property
    def size_max(self) -> int:
        """In bytes."""
        return self.size_max_mb * 1024 * 1024

    def __str__(self) -> str:
        return self.name or str(self.get_way_display())


class SourceConnection(AgreedVersion):
    """How a source is reached and who may drop in: one version, never changed once approved.

    `host_keys` are the server's, pinned, one OpenSSH line each; `partner_keys` those that may drop
    in. `credentials_encrypted` is a JSON object with `private_key` or `password`; `our_public_key`
    is what the provider is given.

    `pgp_provider_keys` and `pgp_our_keys` are public keys of OpenPGP, in armor; `pgp_keys` says of
    each what it is (rules.agreed_keys.AgreedKey). `pgp_secrets_encrypted` is a JSON object of our
    private keys by fingerprint. Of several the newest stays, and the older ones hold up to and with
    the day `pgp_overlap_until`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(
        StatementSource,
        on_delete=models.PROTECT,
        related_name="connections",
        verbose_name=_("source of statements"),
        # The constraint's index begins with it.
        db_index=False,
    )
    host = models.CharField(_("host"), max_length=253, default="", blank=True)
    port = models.PositiveIntegerField(_("port"), default=22)
    username = models.CharField(_("user"), max_length=64, default="", blank=True)
    host_keys = models.TextField(_("host keys"), default="", blank=True)
    folder = models.CharField(_("folder"), max_length=255, default="", blank=True)
    archive_folder = models.CharField(_("archive folder"), max_length=255, default="", blank=True)
    credentials_encrypted = models.BinaryField(null=True)
    our_public_key = models.TextField(_("our public key"), default="", blank=True)
    partner_keys = models.TextField(_("the provider’s keys"), default="", blank=True)
    pgp_mode = models.CharField(
        _("the files"),
        max_length=12,
        choices=PgpMode.choices,
        default=PgpMode.PLAIN,
        db_default=PgpMode.PLAIN,
    )
    pgp_provider_keys = models.TextField(default="", blank=True, db_default="")
    pgp_our_keys = models.TextField(default="", blank=True, db_default="")
    pgp_keys = models.JSONField(default=list, blank=True, db_default=[])
    pgp_secrets_encrypted = models.BinaryField(null=True)
    pgp_overlap_until = models.DateField(null=True, blank=True)
    # Of a draft: the kind of key pair that a worker makes of ours; nobody is asked before it is.
    pgp_key_wanted = models.CharField(max_length=12, default="", blank=True, db_default="")

    class Meta:
        verbose_name = _("connection of a source")
        verbose_name_plural = _("connections of sources")
        constraints = [
            models.UniqueConstraint(name="source_connection_number", fields=["source", "number"]),
            AgreedVersion.by_two("source_connection_by_two"),
            models.CheckConstraint(
                name="source_connection_port", condition=Q(port__range=(1, 65535))
            ),
            # What has to be signed has somebody who may sign it; so it is with our private keys.
            models.CheckConstraint(
                name="source_connection_pgp",
                condition=Q(pgp_mode="plain")
                | (
                    ~Q(pgp_provider_keys="")
                    & (
                        Q(pgp_mode="signed")
                        | Q(pgp_secrets_encrypted__isnull=False)
                        | ~Q(pgp_key_wanted="")
                    )
                ),
            ),
            models.CheckConstraint(
                name="source_connection_key_made",
                condition=Q(number=None) | Q(pgp_key_wanted=""),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("stc", self.pk)

    def __str__(self) -> str:
        return self.public_id


def login_of(source_id: UUID) -> str:
    """From the random end of the id: short, and unlike any other's."""
    return f"sts-{source_id.hex[-12:]}"
