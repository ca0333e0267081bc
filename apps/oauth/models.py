"""Programs of other firms that act for a merchant, the tokens they hold, client certificates.

Tables of django-oauth-toolkit, without what we do not offer, and with whose money it is about.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractRefreshToken,
)

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant
from apps.merchants.rights import Rights


class Application(AbstractApplication):
    """A program that may ask merchants for tokens. `merchant` is the partner who publishes it.

    With redirect addresses it may send people to the consent page; with a secret it may get tokens
    for its own merchant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("merchant"),
    )
    livemode = models.BooleanField(_("live mode"))
    name = models.CharField(_("name"), max_length=60)
    client_id = models.CharField(_("client id"), max_length=40, unique=True)
    # Keyed hash, hexadecimal; "" for a program that cannot keep a secret.
    client_secret = models.CharField(max_length=64, default="", blank=True)
    # The most that a token of it may do.
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    # Its tokens work only beside the certificate they were asked for with (RFC 8705).
    certificate_bound_tokens = models.BooleanField(_("certificate-bound tokens"), default=False)
    # Networks in CIDR notation its tokens may be got and used from; none means from everywhere.
    allowed_addresses = ArrayField(
        models.CharField(max_length=43),
        verbose_name=_("allowed addresses"),
        default=list,
        db_default=[],
        blank=True,
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    user = None
    post_logout_redirect_uris = None
    authorization_grant_type = None
    hash_client_secret = None
    skip_authorization = None
    created = None
    updated = None
    algorithm = None
    allowed_origins = None
    registration_source = None
    cimd_expires_at = None

    class Meta:
        verbose_name = _("OAuth application")
        verbose_name_plural = _("OAuth applications")
        indexes = [
            models.Index(fields=["merchant", "livemode", "-id"], name="oauth_application_list")
        ]

    @property
    def public_id(self) -> str:
        return encode_id("app", self.pk)

    @property
    def is_confidential(self) -> bool:
        return bool(self.client_type == self.CLIENT_CONFIDENTIAL)

    @property
    def rights(self) -> Rights:
        """Of its tokens: each ends soon, but there is always the next."""
        return Rights(scopes=self.scopes, addresses=self.allowed_addresses)

    @property
    def redirect_addresses(self) -> list[str]:
        return list(self.redirect_uris.split())

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Only the very text that was registered: no port, case or slash is taken for another."""
        return uri in self.redirect_addresses

    def is_usable(self, request: object) -> bool:
        return self.is_active and self.deleted_at is None and self.merchant.is_active

    def __str__(self) -> str:
        return self.name


class Grant(AbstractGrant):
    """An authorization code, waiting to be exchanged, or used. Its id is its tokens' family."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(null=True)

    code = None
    code_challenge_method = None
    nonce = None
    claims = None
    resource = None
    created = None
    updated = None

    class Meta:
        # The clean-up's way to what is old.
        indexes = [models.Index(fields=["expires"], name="oauth_grant_expires")]

    def __str__(self) -> str:
        return str(self.pk)


class AccessToken(AbstractAccessToken):
    """What a program shows with each request. Found by `token_checksum`, SHA-256 of its text.

    `user` is the member who consented, none where the program acts for its own merchant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, verbose_name=_("merchant"), related_name="+"
    )
    livemode = models.BooleanField(_("live mode"))
    # Hexadecimal SHA-256 of the certificate it is bound to, "" of none.
    thumbprint = models.CharField(_("certificate"), max_length=64, default="", blank=True)
    token_family = models.UUIDField(null=True)
    created_at = models.DateTimeField(_("created"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    source_refresh_token = None
    id_token = None
    resource = None
    created = None
    updated = None

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        indexes = [
            models.Index(fields=["token_family"], name="oauth_accesstoken_family"),
            models.Index(fields=["expires"], name="oauth_accesstoken_expires"),
        ]
        constraints = [
            # A dump of this table must open nothing.
            models.CheckConstraint(
                name="oauth_accesstoken_no_plaintext", condition=models.Q(token="")
            )
        ]

    @property
    def public_id(self) -> str:
        return encode_id("at", self.pk)

    def __str__(self) -> str:
        return self.public_id


class RefreshToken(AbstractRefreshToken):
    """Exchanged, once, for the next pair of tokens. All from one consent are a family."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, verbose_name=_("merchant"), related_name="+"
    )
    livemode = models.BooleanField(_("live mode"))
    scope = models.TextField(_("scope"))
    # The pair it was exchanged for, for a moment: an answer may be lost, or a program ask twice at
    # once. Encrypted under the token's own text, which is not kept.
    answer_encrypted = models.BinaryField(null=True)
    token_family = models.UUIDField()
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))

    access_token = None
    resource = None
    created = None
    updated = None

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")
        indexes = [
            models.Index(fields=["token_family"], name="oauth_refreshtoken_family"),
            models.Index(fields=["expires_at"], name="oauth_refreshtoken_expires"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["token_checksum"], name="oauth_refreshtoken_unique_checksum"
            ),
            # A dump of this table must open nothing.
            models.CheckConstraint(
                name="oauth_refreshtoken_no_plaintext", condition=models.Q(token="")
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("rt", self.pk)

    def __str__(self) -> str:
        return self.public_id


class ClientCertificate(models.Model):
    """A certificate whose holder may call for the merchant, or get tokens bound to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("merchant"),
    )
    livemode = models.BooleanField(_("live mode"))
    label = models.CharField(_("label"), max_length=60, default="", blank=True)
    # Hexadecimal SHA-256 of the whole certificate: its issuer is not asked.
    thumbprint = models.CharField(_("thumbprint"), max_length=64)
    subject = models.CharField(_("subject"), max_length=500)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    # Networks in CIDR notation it may be used from; none means from everywhere.
    allowed_addresses = ArrayField(
        models.CharField(max_length=43),
        verbose_name=_("allowed addresses"),
        default=list,
        db_default=[],
        blank=True,
    )
    not_before = models.DateTimeField(_("valid from"))
    not_after = models.DateTimeField(_("valid until"))
    created_at = models.DateTimeField(_("created"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    class Meta:
        verbose_name = _("client certificate")
        verbose_name_plural = _("client certificates")
        indexes = [
            models.Index(fields=["merchant", "livemode", "-id"], name="oauth_certificate_list")
        ]
        constraints = [
            # It must say by itself who is calling.
            models.UniqueConstraint(
                fields=["thumbprint"],
                name="oauth_certificate_one_holder",
                condition=models.Q(revoked_at__isnull=True),
            )
        ]

    @property
    def public_id(self) -> str:
        return encode_id("ccert", self.pk)

    def __str__(self) -> str:
        return self.label or self.subject
