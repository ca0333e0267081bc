"""What every process pays when it starts: web, workers, beat, each command."""

from __future__ import annotations

import subprocess
import sys

# Each a second or hundreds of megabytes, for what few processes do.
HEAVY = ("phonenumbers.geodata", "fpdf", "reportlab", "pyhanko", "aiohttp")
START = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
import django
django.setup()
import config.urls, config.celery
print(*sorted(sys.modules))
"""


def test_what_few_need_is_not_loaded_at_every_start():
    loaded = subprocess.run(
        [sys.executable, "-c", START], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "config.urls" in loaded
    assert not [name for name in HEAVY if name in loaded]
