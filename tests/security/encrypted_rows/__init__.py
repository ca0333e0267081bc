"""A row of everything that is encrypted: a file for each app, whose `make(payment)` writes its own.

All files of this folder are read; a new one takes part by itself.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.security.encrypted_rows.payments import new_payment

_APPS = [import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)]


def make_every_row() -> None:
    payment = new_payment()
    for app in _APPS:
        app.make(payment)
