from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.statement_sources.models import PgpMode, SourceConnection
from apps.statement_sources.rules.agreed_keys import OURS, AgreedKey, keys_on
from apps.statement_sources.rules.contexts import PGP_CONTEXT
from apps.statement_sources.rules.refusals import ConnectionInvalid
from apps.statement_sources.transports.gnupg import PgpTimedOut, PgpUnavailable
from apps.statement_sources.transports.pgp_keys import (
    CURVE,
    LARGE_RSA,
    PARTS,
    KeysUnreadable,
    SecretKeyGiven,
    new_key_pair,
    read_public_keys,
)
from apps.vault.encryption import decrypt, encrypt

# The one that holds, and the one before or after it.
KEYS_MAX = 2
TEXT_LENGTH_MAX = 60_000
# A change of keys takes no longer; a key that is known to be lost holds no day more.
OVERLAP_DAYS_MAX = 92


@dataclass(frozen=True, slots=True)
class PgpOrder:
    """`provider_keys`: public keys in armor, two while the provider changes its own. `new_key`: of
    which kind a new pair of ours is made (transports.pgp_keys.PARTS); "": the one there is stays,
    and the first is made. `overlap_until`: the last day on which older keys hold."""

    mode: str = PgpMode.PLAIN
    provider_keys: str = ""
    new_key: str = ""
    overlap_until: date | None = None


def draft_pgp(
    draft: SourceConnection,
    order: PgpOrder,
    *,
    before: SourceConnection | None,
    now: datetime,
) -> None:
    """How the files of a connection have to be signed and encrypted, written into its draft.

    Raises ConnectionInvalid, with the field.
    """
    if order.mode == PgpMode.PLAIN:
        return
    try:
        _draft(draft, order, before=before, now=now)
    except (PgpUnavailable, PgpTimedOut) as error:
        raise ConnectionInvalid(
            _("GnuPG is missing on this server, or does not answer: no key can be read or made."),
            field="pgp_mode",
        ) from error


def _draft(
    draft: SourceConnection,
    order: PgpOrder,
    *,
    before: SourceConnection | None,
    now: datetime,
) -> None:
    if order.mode not in PgpMode.values or order.new_key not in ("", *PARTS):
        raise ConnectionInvalid(_("This is no way of signing files."), field="pgp_mode")
    today = now.astimezone(ZoneInfo(draft.source.provider_account.timezone)).date()
    draft.pgp_mode = order.mode
    draft.pgp_provider_keys, theirs = _provider_keys(order.provider_keys, today=today, now=now)
    ours: list[AgreedKey] = []
    is_changed = len(theirs) > 1
    if order.mode == PgpMode.ENCRYPTED:
        kept = _kept_keys(before, today)
        if order.new_key == LARGE_RSA:
            # It takes seconds: services.make_our_key does it, and asks.
            draft.pgp_key_wanted = order.new_key
        else:
            ours = write_our_keys(
                draft,
                kept,
                None if kept and not order.new_key else new_pair(draft, CURVE, now=now),
                before=before,
            )
        is_changed |= len(ours) > 1 or bool(draft.pgp_key_wanted and kept)
    if is_changed:
        draft.pgp_overlap_until = _overlap(order.overlap_until, today)
    draft.pgp_keys = [key.as_json() for key in (*theirs, *ours)]


def new_pair(draft: SourceConnection, kind: str, *, now: datetime) -> tuple[AgreedKey, str, str]:
    """A key pair of ours. Raises PgpUnavailable, PgpTimedOut."""
    return new_key_pair(kind, name=f"LOMI {draft.source.login}", now=now)


def write_our_keys(
    draft: SourceConnection,
    kept: list[AgreedKey],
    pair: tuple[AgreedKey, str, str] | None,
    *,
    before: SourceConnection | None,
) -> list[AgreedKey]:
    """Write into a draft the keys of ours that hold by it: those of the connection before that are
    kept, and a new pair as the newest."""
    secrets = dict[str, str]()
    if before is not None and before.pgp_secrets_encrypted:
        text = decrypt(before.pgp_secrets_encrypted, context=PGP_CONTEXT, row_id=before.pk)
        secrets = json.loads(text)
        draft.pgp_our_keys = before.pgp_our_keys
    ours = kept
    if pair is not None:
        made, draft.pgp_our_keys, secret = pair
        ours, secrets = [made, *kept[: KEYS_MAX - 1]], {**secrets, made.fingerprint: secret}
    held = {key.fingerprint: secrets[key.fingerprint] for key in ours}
    draft.pgp_secrets_encrypted = encrypt(json.dumps(held), context=PGP_CONTEXT, row_id=draft.pk)
    return ours


def _kept_keys(before: SourceConnection | None, today: date) -> list[AgreedKey]:
    if before is None or not before.pgp_secrets_encrypted:
        return []
    return keys_on(before, OURS, today)


def _provider_keys(text: str, *, today: date, now: datetime) -> tuple[str, list[AgreedKey]]:
    try:
        if len(text) > TEXT_LENGTH_MAX:
            raise KeysUnreadable
        armored, keys = read_public_keys(text, now=now)
    except SecretKeyGiven:
        raise ConnectionInvalid(
            _("This is a private key: nobody but its owner may have it. Have a new one made."),
            field="pgp_provider_keys",
        ) from None
    except KeysUnreadable:
        raise ConnectionInvalid(
            _("These are no public keys of OpenPGP that sign (RSA from 2048 bits, ECDSA, EdDSA)."),
            field="pgp_provider_keys",
        ) from None
    if not 1 <= len(keys) <= KEYS_MAX:
        raise ConnectionInvalid(_("One key, or two during a change."), field="pgp_provider_keys")
    newest = keys[0]
    if newest.is_revoked or (newest.expires_on and newest.expires_on <= today.isoformat()):
        raise ConnectionInvalid(
            _("The newest of these keys is revoked or has expired."), field="pgp_provider_keys"
        )
    return armored, keys


def _overlap(until: date | None, today: date) -> date:
    latest = today + timedelta(days=OVERLAP_DAYS_MAX)
    if until is None or not today <= until <= latest:
        raise ConnectionInvalid(
            _("Up to which day do the older keys hold? By %(day)s at the latest.")
            % {"day": date_format(latest, "DATE_FORMAT")},
            field="pgp_overlap_until",
        )
    return until
