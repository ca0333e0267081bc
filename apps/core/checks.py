"""What must be so before anybody is let in. `manage.py check` says it; production does not start
without it, for nobody runs a check before each start."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

SECRET_LENGTH_MIN = 50
SECRET_CHARACTERS_MIN = 10
PROXY_SECRET_LENGTH_MIN = 32
# A network of our proxies that holds more than this holds strangers.
PROXY_PREFIX_MIN = {4: 8, 6: 32}
VERIFYING = {"verify-ca", "verify-full"}
# The doors of manage.py.
BY_HAND = {"command", "owner"}


def refuse_unsound(errors: Sequence[CheckMessage]) -> None:
    """Stop the start of a process that serves. Commands go on: `check` itself is one of them.

    Raises:
        ImproperlyConfigured: naming each fault, never the value.
    """
    if errors and settings.STARTS_ONLY_SOUND and settings.DATABASE_DOOR not in BY_HAND:
        raise ImproperlyConfigured("\n".join(f"{each.id}: {each.msg}" for each in errors))


@register(Tags.security)
def check_environment(**_: Any) -> list[CheckMessage]:
    """Keys everywhere; the doors where only what is sound may start."""
    return [
        Error(message, id=f"lomi.{code}")
        for code, message in (*_weak_keys(), *(_open_doors() if settings.STARTS_ONLY_SOUND else ()))
    ]


@register(Tags.security, deploy=True)
def check_lines(**_: Any) -> list[CheckMessage]:
    """What goes over a network in clear. It may be a network of one's own, so a process starts."""
    return [Error(message, id=f"lomi.{code}") for code, message in _clear_lines()]


def _weak_keys() -> Iterator[tuple[str, str]]:
    for name, keys in (
        ("SECRET_KEY", [settings.SECRET_KEY]),
        ("SECRET_KEY_FALLBACKS", settings.SECRET_KEY_FALLBACKS),
    ):
        if any(len(key) < SECRET_LENGTH_MIN or _is_plain(key) for key in keys):
            yield (
                "E001",
                f"{name} can be guessed: take at least {SECRET_LENGTH_MIN} characters of chance.",
            )


def _open_doors() -> Iterator[tuple[str, str]]:
    if settings.DEBUG:
        yield "E002", "DEBUG is on: errors would show secrets."
    if not settings.ALLOWED_HOSTS or any(host.startswith("*") for host in settings.ALLOWED_HOSTS):
        yield "E003", "ALLOWED_HOSTS does not name our hosts."
    for name in ("PUBLIC_URL", "REALTIME_URL", "MTLS_URL"):
        url = getattr(settings, name)
        if url and not _is_https(url):
            yield "E004", f"{name} does not begin with https:// and a host."
    if not settings.TRUSTED_PROXIES:
        yield "E005", "TRUSTED_PROXIES is empty: who calls, and whether by TLS, cannot be known."
    elif not all(map(_is_narrow_network, settings.TRUSTED_PROXIES)):
        yield "E005", "TRUSTED_PROXIES names what is no network, or a network of strangers."
    secrets = settings.PROXY_SECRETS
    if not secrets or any(
        len(each) < PROXY_SECRET_LENGTH_MIN or _is_plain(each) for each in secrets
    ):
        yield (
            "E006",
            f"PROXY_SECRET can be guessed: take {PROXY_SECRET_LENGTH_MIN} characters of chance.",
        )
    if any(not each.isascii() or " " in each for each in secrets):
        yield "E006", "PROXY_SECRET has a space, or letters that are not ASCII."
    if not urlsplit(settings.REDIS_URL).password:
        yield "E007", "REDIS_URL has no password."
    if not settings.DATABASES["default"]["PASSWORD"] and not _is_here(
        settings.DATABASES["default"]["HOST"]
    ):
        yield "E008", "DATABASE_URL has no password."
    if settings.DEMO_ALLOWED or settings.WEBHOOK_PRIVATE_ADDRESSES_ALLOWED or settings.SERVE_STATIC:
        yield "E009", "A switch of development is on."
    contact = settings.SECURITY_CONTACT
    if contact and not (contact.startswith(("mailto:", "https://")) and _is_one_word(contact)):
        yield "E013", "SECURITY_CONTACT is neither mailto:… nor https://…."
    if settings.DATABASE_OWNER_URL and settings.DATABASE_DOOR not in BY_HAND:
        yield (
            "E025",
            "DATABASE_OWNER_URL is for manage.py alone: who breaks into this process would own"
            " the database.",
        )
    if any(name.startswith("LOMI_FAILPOINT") for name in os.environ):
        yield "E009", "LOMI_FAILPOINT is for tests only."


def _clear_lines() -> Iterator[tuple[str, str]]:
    database = settings.DATABASES["default"]
    if not _is_here(database["HOST"]) and database["OPTIONS"].get("sslmode") not in VERIFYING:
        yield (
            "E010",
            "The line to PostgreSQL can be read or diverted: end DATABASE_URL with"
            " ?sslmode=verify-full&sslrootcert=….",
        )
    for name in ("REDIS_URL", "CELERY_BROKER_URL"):
        url = urlsplit(getattr(settings, name))
        if url.scheme != "rediss" and not _is_here(url.hostname or ""):
            yield "E011", f"The line to Redis can be read: begin {name} with rediss://."
    if settings.EMAIL_HOST_PASSWORD and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        yield "E012", "EMAIL_HOST_PASSWORD would travel in clear: set EMAIL_USE_TLS."


def _is_one_word(text: str) -> bool:
    return all(character.isprintable() and character != " " for character in text)


def _is_plain(key: str) -> bool:
    return len(set(key)) < SECRET_CHARACTERS_MIN or key.startswith("django-insecure-")


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname)


def _is_narrow_network(text: str) -> bool:
    try:
        network = ip_network(text)
    except ValueError:
        return False
    return network.prefixlen >= PROXY_PREFIX_MIN[network.version]


def _is_here(host: str) -> bool:
    """A socket's folder, or this machine itself."""
    if host in {"", "localhost"} or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
