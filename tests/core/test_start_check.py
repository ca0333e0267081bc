"""A worker that could not serve its topics does not start, and says what it lacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from apps.core.work.start_check import SPARE_THREADS, why_not_to_start
from apps.core.work.topics import routes
from local.stack import QUEUES

ROOT = Path(__file__).resolve().parents[2]
ALL = {route.queue for route in routes().values()}


def test_every_topic_of_its_queues_has_a_thread_and_some_are_left():
    needed = len(routes()) + SPARE_THREADS

    assert why_not_to_start(queues=ALL, threads=needed) == ""
    said = why_not_to_start(queues=ALL, threads=needed - 1)
    assert f"--concurrency {needed} " in said
    assert all(topic in said for topic in routes())


def test_each_loop_has_a_connection_and_its_threads_have_as_many():
    # A loop keeps its own while it waits: of too few, loops wait for seconds and then fail.
    assert 2 * (len(routes()) + SPARE_THREADS) <= settings.WORKER_CONNECTIONS


@pytest.mark.parametrize("queue", sorted(ALL))
def test_a_worker_of_one_queue_needs_threads_for_its_own_topics(queue):
    own = [topic for topic, route in routes().items() if route.queue == queue]

    assert why_not_to_start(queues={queue}, threads=len(own) + SPARE_THREADS) == ""
    assert why_not_to_start(queues={queue}, threads=len(own)) != ""


def test_a_worker_of_none_of_our_queues_is_none_of_our_business():
    assert why_not_to_start(queues={"theirs"}, threads=1) == ""


def test_the_demo_and_every_worker_of_the_compose_file_and_the_guide_has_enough():
    texts = [
        (ROOT / name).read_text()
        for name in ("docs/guides/operations.md", "docker/compose.yml", "local/stack.py")
    ]
    commands = [text[text.index("--concurrency") :].split("\n")[0] for text in texts]
    threads = [int("".join(filter(str.isdigit, line.split("--queues")[0]))) for line in commands]

    assert set(QUEUES.split(",")) == ALL
    assert [why_not_to_start(queues=ALL, threads=count) for count in threads] == ["", "", ""]


def test_a_worker_with_too_few_threads_does_not_start():
    command = [
        *(sys.executable, "-m", "celery", "-A", "config", "worker"),
        *("--pool", "threads", "--concurrency", "4", "--queues", QUEUES),
    ]

    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode != 0
    assert f"--concurrency {len(routes()) + SPARE_THREADS} or more" in done.stderr
