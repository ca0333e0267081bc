"""The simulators' reports are fetched over real SFTP, and no more than fetched."""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor

import asyncssh
import pytest

from apps.providers.simulation.report_door import ReportServer, report_host_key

SECRET, TOKEN = base64.b64encode(bytes(range(32))).decode(), "a-token-of-the-control-door"


@pytest.fixture
def door(tmp_path):
    server = ReportServer(tmp_path, ["kori", "other"], secret=SECRET, token=TOKEN)
    (tmp_path / "kori" / "day.csv").write_text("a line")
    (tmp_path / "other" / "day.csv").write_text("not for kori")
    yield server
    server.close()


def with_sftp(door, act, *, username="kori", password=TOKEN):
    async def run():
        async with (
            asyncssh.connect(
                "127.0.0.1",
                door.port,
                username=username,
                password=password,
                known_hosts=([report_host_key(SECRET).convert_to_public()], [], []),
                client_keys=[],
            ) as line,
            line.start_sftp_client() as sftp,
        ):
            return await act(sftp)

    # A browser's tests leave a loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


async def read(sftp):
    async with sftp.open("day.csv") as file:
        return sorted(set(await sftp.listdir("/")) - {".", ".."}), await file.read()


def test_a_provider_sees_its_own_reports_under_a_key_known_before(door):
    assert with_sftp(door, read) == (["day.csv"], "a line")
    assert with_sftp(door, read, username="other")[1] == "not for kori"


@pytest.mark.parametrize(
    "who", [{"password": "guess"}, {"username": "nobody"}, {"username": "../kori"}]
)
def test_without_the_token_nobody_comes_in(door, who):
    with pytest.raises(asyncssh.PermissionDenied):
        with_sftp(door, read, **who)


@pytest.mark.parametrize(
    "act",
    [
        lambda sftp: sftp.remove("day.csv"),
        lambda sftp: sftp.rename("day.csv", "b.csv"),
        lambda sftp: sftp.mkdir("deep"),
        lambda sftp: sftp.symlink("/etc/passwd", "link"),
        lambda sftp: sftp.open("day.csv", "w"),
        lambda sftp: sftp.open("new.csv", "a"),
        lambda sftp: sftp.truncate("day.csv", 0),
        lambda sftp: sftp.stat("/../other/day.csv"),
    ],
)
def test_nothing_is_changed_by_who_fetches(door, tmp_path, act):
    with pytest.raises(asyncssh.SFTPError):
        with_sftp(door, act)

    assert (tmp_path / "kori" / "day.csv").read_text() == "a line"
    assert [path.name for path in (tmp_path / "kori").iterdir()] == ["day.csv"]
