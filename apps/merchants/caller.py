"""Who is calling, whichever credential said so: one permission model for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from rest_framework.request import Request

from apps.merchants.models import Merchant


@dataclass(frozen=True, slots=True)
class Caller:
    """A merchant's program, authenticated by one of the authentication classes.

    Attributes:
        livemode: the mode everything it reads and writes is of.
        scopes: what it may do, of merchants.scopes.
        credential: public id of what it authenticated with (key_…, a client id); rate limits and
            the audit trail know it by this.
    """

    merchant: Merchant
    livemode: bool
    scopes: frozenset[str]
    credential: str

    @property
    def scope(self) -> str:
        """Merchant and mode as one text, so that test and live never meet."""
        return f"{self.merchant.pk}:{'live' if self.livemode else 'test'}"


def caller_of(request: Request) -> Caller:
    """The caller of an authenticated request."""
    caller = request.auth
    assert isinstance(caller, Caller)  # noqa: S101 (for the type checker: authenticate made it)
    return caller
