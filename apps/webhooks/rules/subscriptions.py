"""Which events an endpoint may ask for, and which it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from apps.core.errors import DomainError
from apps.core.event_types import event_types, sent_on_request
from apps.webhooks.models import Endpoint

TYPES_MAX = 100
# No name is longer.
LENGTH_MAX = 60
# A letter or two amiss: "payment.paid" is not nearly "payment.failed".
NEARLY = 0.9
ALL_OF_KIND = ".*"


class UnknownEventType(DomainError):
    code = "unknown_event_type"
    status = 400
    title = "There is no such event type."


def check_types(names: Iterable[str], *, field: str) -> list[str]:
    """These names without repetitions, in their order.

    Raises:
        UnknownEventType: one of them is no type of event.
    """
    found = list(dict.fromkeys(names))
    for name in found:
        if name not in known_types():
            known = f"Known types: {', '.join(known_types())}."
            raise UnknownEventType(_guess(name) + known, field=field)
    return found


def expand_types(names: Iterable[str], *, field: str) -> list[str]:
    """As check_types, "payment.*" standing for every type that begins so."""
    found: list[str] = []
    for name in names:
        beginning = name.removesuffix("*")
        of_kind = [known for known in known_types() if known.startswith(beginning)]
        found += of_kind if name.endswith(ALL_OF_KIND) and of_kind else [name]
    return check_types(found, field=field)


def _guess(name: str) -> str:
    """What was meant, if it is nearly that: a word misspelt is not sought among eighty."""
    kinds = {known.partition(".")[0] + ALL_OF_KIND for known in known_types()}
    names = [*known_types(), *sorted(kinds)]
    near = get_close_matches(name[:LENGTH_MAX], names, n=1, cutoff=NEARLY)
    return f"Perhaps you mean {near[0]}. " if near else ""


def known_types() -> tuple[str, ...]:
    """Every name an endpoint may ask for, as the reference lists them."""
    return tuple(event_types())


def wants(endpoint: Endpoint, type: str) -> bool:
    """Whether it is sent events of this type: those it names or, naming none, all that are not
    sent on request only."""
    return type in endpoint.event_types if endpoint.event_types else type not in sent_on_request()
