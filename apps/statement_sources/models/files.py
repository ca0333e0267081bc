"""The files that came, what they hold, and what was within those that are signed or encrypted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.core.work.counted_failures import CountsFailures
from apps.reconciliation.models import Statement
from apps.statement_sources.models.sources import SourceConnection, StatementSource


class FileStatus(models.TextChoices):
    # Seen; it may still be written.
    ARRIVING = "arriving", _("arriving")
    FETCHING = "fetching", _("being fetched")
    # We have all of it; it waits to be read.
    FETCHED = "fetched", pgettext_lazy("a file", "fetched")
    IMPORTED = "imported", pgettext_lazy("a file", "read")
    # A person has to look: `problem` says why.
    QUARANTINED = "quarantined", _("in quarantine")
    DISCARDED = "discarded", pgettext_lazy("a file", "discarded")


class ReceivedFile(CountsFailures):
    """A file of a source, from the moment it was seen. What it holds lies in its pieces.

    `stamp` is the size and time that the other side shows: another stamp under the same name is
    looked at again. Days are those of the account's zone; `day` is the last one it covers.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(
        StatementSource,
        on_delete=models.PROTECT,
        related_name="files",
        verbose_name=_("source of statements"),
        db_index=False,
    )
    name = models.CharField(_("file"), max_length=255)
    size = models.BigIntegerField(_("size"))
    stamp = models.CharField(max_length=64)
    # Of the content; null until all of it is here.
    sha256 = models.BinaryField(max_length=32, null=True)
    status = models.CharField(_("status"), max_length=12, choices=FileStatus.choices)
    # How many times it was seen with this stamp.
    looks = models.PositiveIntegerField(default=0)
    pieces = models.PositiveIntegerField(default=0)
    # Of a day that is asked for page by page: where the next page begins; "" at the first.
    position = models.CharField(max_length=500, default="", blank=True, db_default="")
    seen_at = models.DateTimeField(_("seen"))
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)
    read_at = models.DateTimeField(pgettext_lazy("a file", "read"), null=True, blank=True)
    day = models.DateField(_("day"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("days covered"), default=1)
    # An earlier file of this name holds something else.
    is_correction = models.BooleanField(_("correction"), default=False)
    statement = models.ForeignKey(
        Statement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="received_files",
        verbose_name=_("statement"),
    )
    problem = models.CharField(_("problem"), max_length=40, default="", blank=True)
    problem_detail = models.CharField(_("detail"), max_length=300, default="", blank=True)
    # Since when a person has to look.
    waiting_since = models.DateTimeField(_("waits since"), null=True, blank=True)
    closed_by = models.CharField(_("seen to by"), max_length=60, default="", blank=True)
    note = models.CharField(_("what was done"), max_length=300, default="", blank=True)
    # When it is to be read; null: nothing is to be done of it.
    due_at = models.DateTimeField(_("next"), null=True, blank=True)

    class Meta:
        verbose_name = _("received file")
        verbose_name_plural = _("received files")
        constraints = [
            # The same file twice is one row: nothing is counted twice.
            models.UniqueConstraint(name="received_file_once", fields=["source", "name", "sha256"]),
            # Of a name one is on its way.
            models.UniqueConstraint(
                name="received_file_arriving_once",
                fields=["source", "name"],
                condition=Q(sha256__isnull=True),
            ),
            models.CheckConstraint(
                name="received_file_imported",
                condition=~Q(status="imported") | Q(statement__isnull=False, sha256__isnull=False),
            ),
            models.CheckConstraint(
                name="received_file_waiting",
                condition=Q(status="quarantined", waiting_since__isnull=False)
                | (~Q(status="quarantined") & Q(waiting_since__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                name="received_file_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            # The alert's, and few.
            models.Index(
                name="received_file_quarantine",
                fields=["waiting_since"],
                condition=Q(waiting_since__isnull=False),
            ),
            # The files of a day.
            models.Index(name="received_file_day", fields=["source", "day"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("rcf", self.pk)

    def __str__(self) -> str:
        return self.public_id


class FilePiece(models.Model):
    """A piece of a received file, compressed and encrypted under this row.

    `content_encrypted` is of its base64: the vault encrypts text.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file = models.ForeignKey(
        ReceivedFile, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="file_piece_once", fields=["file", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} {self.number}"


class OpenedFile(models.Model):
    """What a signed or encrypted file contained, once its signature was found to be of an agreed
    key. It lies in its pieces as it was; never changed.

    `sha256` and `size` are of the content, those of the file as it came are the file's.
    """

    file = models.OneToOneField(
        ReceivedFile, on_delete=models.PROTECT, primary_key=True, related_name="opened"
    )
    # By what was agreed there.
    connection = models.ForeignKey(SourceConnection, on_delete=models.PROTECT, related_name="+")
    sha256 = models.BinaryField(max_length=32)
    size = models.BigIntegerField(_("size"))
    pieces = models.PositiveIntegerField()
    # Fingerprints of primary keys. Of a file that was signed alone the second is blank.
    signed_by = models.CharField(_("signed by"), max_length=64)
    signed_at = models.DateTimeField(_("signed"))
    encrypted_to = models.CharField(_("encrypted to"), max_length=64, default="", blank=True)
    opened_at = models.DateTimeField(_("opened"))

    class Meta:
        constraints = [
            models.CheckConstraint(name="opened_file_is_signed", condition=~Q(signed_by="")),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.signed_by}"


class OpenedPiece(models.Model):
    """A piece of what a file contained, compressed and encrypted under this row, as FilePiece."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    opened = models.ForeignKey(
        OpenedFile, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    content_encrypted = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="opened_piece_once", fields=["opened", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.opened_id} {self.number}"
