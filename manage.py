#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main() -> None:
    # Exports and reports are for their owner alone.
    os.umask(0o077)
    # The developer's own tool: it knows no secret of the platform.
    own = "listen" if sys.argv[1:2] == ["listen"] else "development"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{own}")
    os.environ.setdefault("DATABASE_DOOR", "command")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
