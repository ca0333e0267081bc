"""Who is calling, whichever credential said so: one permission model for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from uuid import UUID

from rest_framework.request import Request

from apps.merchants.models import Merchant

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Caller:
    """A merchant's program, authenticated by one of the authentication classes.

    Attributes:
        livemode: the mode everything it reads and writes is of.
        scopes: what it may do, of merchants.scopes.
        credential: public id of what it authenticated with (key_…, a client id); rate limits and
            the audit trail know it by this.
        kind: what it authenticated with: secret_key, restricted_key, access_token or
            client_certificate.
        expires_at: when that ends by itself. Nothing it grants lasts longer.
        networks: where it may be used from; none means everywhere. Nothing it grants reaches
            further.
        application_id: the application of another firm that calls, with a token or with something
            it made for itself; None for the merchant's own programs.
        grant_id: the consent it calls with, or, without one, the application itself. What it makes
            ends with that.
        request_name: what its request is known by: asked again under the same Idempotency-Key it is
            the same. "" where it has none.
    """

    merchant: Merchant
    livemode: bool
    scopes: frozenset[str]
    credential: str
    kind: str = "secret_key"
    expires_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    application_id: UUID | None = None
    grant_id: UUID | None = None
    request_name: str = ""

    @property
    def actor(self) -> str:
        """Its name in the audit trail."""
        return f"{self.kind}:{self.credential}"

    @property
    def scope(self) -> str:
        """Merchant and mode as one text, so that test and live never meet."""
        return f"{self.merchant.pk}:{'live' if self.livemode else 'test'}"


def caller_of(request: Request) -> Caller:
    """The caller of an authenticated request."""
    caller = request.auth
    assert isinstance(caller, Caller)  # noqa: S101 (for the type checker: authenticate made it)
    return caller
