"""What proves that this process has the keys this database was encrypted under."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeyCanary(models.Model):
    """A known text, encrypted under one key. `key_id` "" stands for the index key, "search/s2" for
    one of search: then `proof` is the blind index of that text."""

    key_id = models.CharField(primary_key=True, max_length=16)
    proof = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "key canary"
        verbose_name_plural = "key canaries"

    def __str__(self) -> str:
        return self.key_id or "index key"


class KeptFile(models.Model):
    """The columns of a row that keeps a file (apps/vault/kept_files.py).

    `media_type` is what its content is, whatever it was called. `content_encrypted` is large: lists
    leave it out.
    """

    name_encrypted = models.BinaryField()
    media_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.BinaryField(max_length=32)
    content_encrypted = models.BinaryField()
    created_at = models.DateTimeField(_("added"))

    class Meta:
        abstract = True
