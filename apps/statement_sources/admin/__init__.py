"""What staff see and do of getting statements. Django reads this package; each page registers
itself."""

from apps.statement_sources.admin import connections, files, sources

__all__ = ["connections", "files", "sources"]
