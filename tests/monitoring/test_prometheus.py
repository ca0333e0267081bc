"""The shipped rules and dashboard, read by the real Prometheus from the real /metrics."""

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.monitoring.services.check_books import check_books
from apps.monitoring.services.look_around import look_around
from tests.monitoring.rows import make_account, make_minutes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which("prometheus") is None or shutil.which("promtool") is None,
        reason="no Prometheus here: apt install prometheus",
    ),
]

DOCKER = Path(__file__).resolve().parents[2] / "docker"
RULES = DOCKER / "prometheus" / "rules.yml"
TOKEN = "scrape-me"


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


def test_the_rules_are_rules():
    checked = promtool("check", "rules", str(RULES))

    assert checked.returncode == 0, checked.stderr
    assert "SUCCESS" in checked.stdout


def test_the_configuration_is_one(tmp_path):
    shutil.copytree(DOCKER / "prometheus", tmp_path, dirs_exist_ok=True)
    (tmp_path / "metrics_token").write_text(TOKEN)

    checked = promtool("check", "config", str(tmp_path / "prometheus.yml"))

    assert checked.returncode == 0, checked.stderr


@pytest.fixture
def prometheus(tmp_path, live_server, settings):
    """Scrapes this process each second; answers queries."""
    settings.METRICS_TOKEN = TOKEN
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shutil.copy(RULES, tmp_path / "rules.yml")
    shipped = (DOCKER / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "metrics_token").write_text(TOKEN)
    address = live_server.url.removeprefix("http://")
    (tmp_path / "prometheus.yml").write_text(
        shipped.replace("15s", "1s").replace("127.0.0.1:8000", address)
    )
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def ask(path, **query):
        url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    yield ask
    process.terminate()
    process.wait(20)


def until(look, timeout_s=60):
    """What `look` says, once it says anything."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("not in time")


def test_prometheus_reads_us_and_evaluates_the_rules(prometheus):
    now = timezone.now()
    account = make_account()
    make_minutes(account, now.replace(second=0), 1)
    look_around(now=now)
    clear_all()

    def value(query):
        return lambda: [
            float(one["value"][1]) for one in prometheus("query", query=query)["result"]
        ]

    def rules():
        return [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]

    assert until(value('up{door="web"} == 1')) == [1.0]
    until(lambda: {rule["health"] for rule in rules()} == {"ok"})
    assert until(value("lomi:rail_success:ratio")) == [0.84]
    assert until(value("lomi:rail_answer:p95_seconds"))[0] <= 1.0


def test_every_figure_of_the_rules_and_the_dashboard_is_one_of_ours(client, settings):
    settings.METRICS_TOKEN = TOKEN
    make_minutes(make_account(), timezone.now(), 1)
    look_around(now=timezone.now())
    check_books(now=timezone.now())
    clear_all()
    page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    ours = set(re.findall(r"^(lomi_\w+)", page, re.MULTILINE))
    recorded = set(re.findall(r"record: (\S+)", RULES.read_text()))
    dashboard = (DOCKER / "grafana" / "lomi.json").read_text()

    named = set(re.findall(r"\blomi[_:][\w:]+", RULES.read_text() + dashboard))

    assert named - ours - recorded == set()
    assert json.loads(dashboard)["title"] == "LOMI AFRICA"


def test_every_alert_of_the_rules_leads_to_its_runbook():
    guide = (DOCKER.parent / "docs" / "guides" / "monitoring.md").read_text()
    anchors = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", guide, re.MULTILINE)
    }

    named = set(re.findall(r"monitoring\.md#([\w-]+)", RULES.read_text()))

    assert named
    assert named <= anchors
