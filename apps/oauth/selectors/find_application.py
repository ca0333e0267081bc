from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.oauth.models import Application


class ApplicationNotFound(DomainError):
    code = "oauth_application_not_found"
    status = 404
    title = "There is no such OAuth application."


def find_application(public_id: str, *, caller: Caller) -> Application:
    """The caller's application; another's, or a deleted one, is not found. One query."""
    found: Application = find_own(
        Application.objects.filter(deleted_at=None),
        public_id,
        prefix="app",
        caller=caller,
        not_found=ApplicationNotFound,
    )
    return found
