"""Who may do what. Django reads this package; each page registers itself."""

from apps.access.admin import api_keys, members, people, roles

__all__ = ["api_keys", "members", "people", "roles"]
