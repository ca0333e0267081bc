"""What files that people upload are called: the days they chose are part of it, for the same
content may be the report of two days on which nothing moved."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from apps.vault.masked_text import kept_file_name

NAME_LENGTH_MAX = 200


def upload_name(*, day: date, days: int, file_name: str) -> str:
    return f"{day.isoformat()}/{days}/{kept_file_name(file_name, NAME_LENGTH_MAX)}"


def given_name(name: str) -> str:
    """As whoever uploaded it calls it."""
    return name.split("/", 2)[-1]


def uploads_login(account_id: UUID) -> str:
    """An account has one source of uploads, and logins are unique."""
    return f"upload-{account_id.hex[-12:]}"
