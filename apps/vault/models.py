"""What proves that this process has the keys this database was encrypted under."""

from __future__ import annotations

from django.db import models


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
