"""The simulators stand for providers: whoever reaches them can pay with nothing."""

import pytest
from django.core.management import CommandError, call_command


def test_the_simulators_do_not_start_for_real_money(settings, monkeypatch):
    started = []
    monkeypatch.setattr(
        "apps.providers.management.commands.run_simulators.serve",
        lambda **options: started.append(options),
    )
    settings.DEMO_ALLOWED = False

    with pytest.raises(CommandError, match="--in-production"):
        call_command("run_simulators")

    assert started == []

    call_command("run_simulators", "--in-production")

    assert len(started) == 1
