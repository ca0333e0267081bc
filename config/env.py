"""The environment, read once. A missing secret stops the start with its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


class MissingSetting(RuntimeError):
    """A setting that has no safe default is absent."""


def required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(f"set {name} in the environment")
    return value


def optional(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def integer(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def traces_ratio() -> float:
    """Which share of the traces is kept, from 0 for none to 1 for all, in OpenTelemetry's words."""
    sampler = optional("OTEL_TRACES_SAMPLER")
    if sampler.endswith(("always_on", "always_off")):
        return float(sampler.endswith("on"))
    said = optional("OTEL_TRACES_SAMPLER_ARG")
    try:
        ratio = float(said) if said else 0.05
    except ValueError:
        ratio = -1.0
    # Not a number is not between them either.
    if not 0 <= ratio <= 1:
        raise MissingSetting(f"OTEL_TRACES_SAMPLER_ARG is a number from 0 to 1, not {said}")
    return ratio


def choice(name: str, default: str, *others: str) -> str:
    """One of these words."""
    value = os.environ.get(name) or default
    if value not in (default, *others):
        raise MissingSetting(f"{name} is one of {default}, {', '.join(others)}, not {value}")
    return value


def flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in {"1", "true", "yes"}


def pairs(name: str) -> dict[str, str]:
    """ "key=value,key=value"."""
    found = {}
    for pair in filter(None, os.environ.get(name, "").replace(" ", "").split(",")):
        key, sign, value = pair.partition("=")
        if not (key and sign and value):
            raise MissingSetting(f"{name} is a list of key=value, not {pair}")
        found[key] = value
    return found


def database(url: str) -> dict[str, Any]:
    """postgresql://user:password@host:port/name?sslmode=… as Django's DATABASES entry."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise MissingSetting("DATABASE_URL begins with postgresql://")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or parts.hostname or ""
    return {
        "ENGINE": "apps.core.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
