"""What spoils an item of each topic: a file for each app, of the topics that its tasks handle.

All files of this folder are read; a new one takes part by itself.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
