"""What a day of movements that was asked for is called among the files."""

from __future__ import annotations

from datetime import date

# As a source's name pattern: the day is read from the name, as of any file.
API_PATTERN = "movements_{year}-{month}-{day}"


def api_file_name(day: date) -> str:
    return f"movements_{day.isoformat()}"
