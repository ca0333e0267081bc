#!/usr/bin/env python
"""Django's command line."""

import os
import sys

# What the platform's own role may not do: these are for the owner of the tables.
FOR_THE_OWNER = {
    *("migrate", "flush", "grant_privileges", "retake_snapshots", "forget_key"),
    "after_restore",
}


def main() -> None:
    # Exports and reports are for their owner alone.
    os.umask(0o077)
    # The developer's own tool: it knows no secret of the platform.
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    own = "listen" if command == "listen" else "development"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"config.settings.{own}")
    if command in FOR_THE_OWNER:
        # Whatever door the process came by that calls this one.
        os.environ["DATABASE_DOOR"] = "owner"
    os.environ.setdefault("DATABASE_DOOR", "command")
    from django.core.checks import Tags
    from django.core.management import BaseCommand, execute_from_command_line

    from config.env import MissingSetting

    # Each command asks whether the environment is sound. Whether the code is, `check` asks: it
    # reads every page for that, which takes longer than most commands.
    BaseCommand.requires_system_checks = [Tags.security]
    try:
        execute_from_command_line(sys.argv)
    except MissingSetting as missing:
        sys.exit(str(missing))


if __name__ == "__main__":
    main()
