"""What every process pays when it starts: web, workers, beat, each command."""

from __future__ import annotations

import re
import subprocess
import sys

# Each a second or hundreds of megabytes, for what few processes do.
HEAVY = ("phonenumbers.geodata", "fpdf", "reportlab", "pyhanko", "aiohttp")
START = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
import django
django.setup()
from config.celery import app
app.loader.import_default_modules()
print(*sorted(sys.modules))
import config.urls
print(*sorted(sys.modules))
"""
PAGES = re.compile(r"config\.urls|apps\.\w+\.admin(\.\w+)*")


def test_what_few_need_is_not_loaded_at_every_start():
    said = subprocess.run(
        [sys.executable, "-c", START], check=True, capture_output=True, text=True
    ).stdout
    by_the_worker, by_the_web = (line.split() for line in said.splitlines())

    assert "apps.payments.tasks" in by_the_worker
    assert "apps.payments.admin" in by_the_web
    assert not [name for name in HEAVY if name in by_the_web]
    # Half of a command's start.
    assert not [name for name in by_the_worker if PAGES.fullmatch(name)]
