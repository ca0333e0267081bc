"""python -m tests.chaos (make soak): see soak.py."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from tests.chaos.soak import main  # noqa: E402

sys.exit(main())
