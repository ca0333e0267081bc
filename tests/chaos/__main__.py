"""python -m tests.chaos (make soak): see soak.py."""

from __future__ import annotations

import os
import sys

import django

own = os.environ.copy()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()
# These settings put addresses and keys there that are not for the processes to come.
os.environ.clear()
os.environ.update(own)

from tests.chaos.soak import main  # noqa: E402

sys.exit(main())
