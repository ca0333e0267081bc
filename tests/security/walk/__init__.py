"""What a walk along all routes needs to know and cannot guess: a file for each app, of its own.

Any of these may stand in it; all files of this folder are read, and a new one takes part by itself:

    OBJECTS     an object for each name of an id in an address: a row, or the id itself
    PLACES      names of ids that are places within an object: nobody's own, and no secret
    KINDS       the names of the objects that an address takes, where its own do not say enough
    BODIES      a body that is accepted, for each POST and PATCH
    REFERENCES  bodies of one's own that name another's object
    QUERIES     what of another's a list could be asked for
    PREPARE     what brings the object to where this can be done to it
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.security.routes import World

OBJECTS: dict[str, Callable[[World], Any]] = {}
PLACES: set[str] = set()
KINDS: dict[str, dict[str, str]] = {}
BODIES: dict[str, Callable[[World], dict[str, Any]]] = {}
REFERENCES: list[tuple[str, Callable[[World], dict[str, Any]]]] = []
QUERIES: dict[str, Callable[[World], list[Mapping[str, str]]]] = {}
PREPARE: dict[str, Callable[[World], None]] = {}

for _module in iter_modules(__path__):
    _of_app = vars(import_module(f"{__name__}.{_module.name}"))
    REFERENCES += _of_app.get("REFERENCES", [])
    PLACES |= _of_app.get("PLACES", set())
    for _name in ("OBJECTS", "KINDS", "BODIES", "QUERIES", "PREPARE"):
        _known, _more = globals()[_name], _of_app.get(_name, {})
        assert not _known.keys() & _more.keys(), (_module.name, _known.keys() & _more.keys())
        _known |= _more
