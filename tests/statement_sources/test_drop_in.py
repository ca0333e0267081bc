"""Providers drop their reports in: each into its own inbox, and nothing else."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import threading
from datetime import timedelta

import asyncssh
import pytest

from apps.reconciliation.tests.reports import DAY, foreign_line
from apps.statement_sources.models import ReceivedFile
from apps.statement_sources.selectors.drop_in_keys import DropIn, drop_in_keys
from apps.statement_sources.transports import drop_in_server
from apps.statement_sources.transports.drop_in_folder import DropInFolder
from apps.statement_sources.transports.drop_in_server import serve
from apps.statement_sources.transports.folder import FolderRefused
from tests.statement_sources.conftest import (
    NAME,
    connect,
    make_source,
    poll,
    read_all,
    switch_on,
    the_file,
)
from tests.statement_sources.sftp_server import end_loop

LOGIN, OTHER = "sts-0123456789ab", "sts-ba9876543210"
PARTNER = asyncssh.generate_private_key("ssh-ed25519")
STRANGER = asyncssh.generate_private_key("ssh-ed25519")
SIZE_MAX = 100_000
REFUSED = (asyncssh.SFTPError, asyncssh.ChannelOpenError, asyncssh.ProcessError)


def public(key):
    return key.export_public_key().decode().strip()


class Server:
    """Ours, in this process; `run` has a client do something and returns what it returned."""

    def __init__(self, root):
        self.root = root
        self.known = {
            LOGIN: DropIn(public(PARTNER), SIZE_MAX),
            OTHER: DropIn(public(STRANGER), SIZE_MAX),
        }
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.acceptor = self.call(
            serve(
                host="127.0.0.1",
                port=0,
                root=root,
                host_key=self.host_key,
                find_login=lambda login: self.known.get(login),
            )
        )
        self.port = self.acceptor.get_port()

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def connect(self, login=LOGIN, key=PARTNER, **more):
        return asyncssh.connect(
            "127.0.0.1",
            self.port,
            username=login,
            client_keys=[key] if key else [],
            known_hosts=([self.host_key.convert_to_public()], [], []),
            config=None,
            agent_path=None,
            **more,
        )

    def run(self, act, **who):
        async def connected():
            async with self.connect(**who) as line, line.start_sftp_client() as sftp:
                return await act(sftp)

        return self.call(connected())

    def put(self, name, content=b"x"):
        async def act(sftp):
            async with sftp.open(name, "wb") as file:
                await file.write(content)

        return self.run(act)

    @property
    def inbox(self):
        return self.root / LOGIN / "inbox"

    def close(self):
        self.call(end_loop(self.acceptor))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture
def ours(tmp_path):
    server = Server(tmp_path / "drop_in")
    yield server
    server.close()


def test_what_is_dropped_in_under_a_partial_name_and_renamed_is_there(ours):
    async def act(sftp):
        async with sftp.open("/inbox/.report.csv.part", "wb") as file:
            await file.write(b"all of it")
        await sftp.rename("/inbox/.report.csv.part", "/inbox/report.csv")
        return await sftp.listdir("/inbox")

    names = ours.run(act)

    assert (ours.inbox / "report.csv").read_bytes() == b"all of it"
    assert set(names) - {".", ".."} == {"report.csv"}
    assert stat.S_IMODE((ours.inbox / "report.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("login", "key"),
    [(LOGIN, STRANGER), (OTHER, PARTNER), ("sts-000000000000", PARTNER), ("root", PARTNER)],
)
def test_a_key_opens_its_own_inbox_and_no_other(ours, login, key):
    async def act(sftp):
        return None

    with pytest.raises(asyncssh.PermissionDenied):
        ours.run(act, login=login, key=key)
    assert not (ours.root / LOGIN).exists() and not (ours.root / "root").exists()


def test_neither_a_password_nor_a_login_that_is_a_path_lets_anybody_in(ours):
    async def act(sftp):
        return None

    with pytest.raises(asyncssh.PermissionDenied):
        ours.run(act, key=None, password="guess")
    with pytest.raises(asyncssh.PermissionDenied):
        ours.run(act, login=f"../{LOGIN}")


@pytest.mark.parametrize(
    "place",
    [
        "/outside", "/../outside", "/inbox/../../outside", "/inbox/../../../outside", "outside",
        "/inbox/deep/er", "/inbox/..", "/inbox/-", "/inbox/a b", "/inbox/a;b", "/inbox/a\nb",
        "/inbox/é", "/inbox/" + "a" * 300, "//etc/passwd", "/inbox/.",
    ],
)  # fmt: skip
def test_nothing_is_written_past_the_inbox(ours, place):
    ours.put("/inbox/first", b"1")
    (ours.root / "outside").write_text("untouched")

    with pytest.raises(REFUSED):
        ours.put(place, b"intruder")

    assert (ours.root / "outside").read_text() == "untouched"
    assert [path.name for path in ours.inbox.iterdir()] == ["first"]


def test_a_link_that_somebody_left_there_leads_nowhere(ours):
    ours.put("/inbox/first")
    outside = ours.root / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (ours.inbox / "link").symlink_to(outside / "secret")
    (ours.inbox / "folder").symlink_to(outside)
    (ours.root / LOGIN / "jump").symlink_to(outside)

    async def read(sftp, name):
        async with sftp.open(name, "rb") as file:
            return await file.read()

    for name in ("/inbox/link", "/inbox/folder/secret", "/jump/secret"):
        with pytest.raises(REFUSED):
            ours.run(lambda sftp, name=name: read(sftp, name))
    for name in ("/inbox/link", "/inbox/folder/new", "/jump/new"):
        with pytest.raises(REFUSED):
            ours.put(name, b"intruder")
    with pytest.raises(REFUSED):
        ours.run(lambda sftp: sftp.listdir("/inbox/folder"))

    assert (outside / "secret").read_text() == "secret"
    assert len(list(outside.iterdir())) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda sftp: sftp.symlink("/etc/passwd", "/inbox/l"),
        lambda sftp: sftp.link("/inbox/first", "/inbox/l"),
        lambda sftp: sftp.readlink("/inbox/first"),
        lambda sftp: sftp.mkdir("/inbox/deep"),
        lambda sftp: sftp.rmdir("/inbox"),
        lambda sftp: sftp.remove("/inbox/first"),
        lambda sftp: sftp.rename("/inbox/first", "/inbox/second"),
        lambda sftp: sftp.posix_rename("/inbox/first", "/inbox/second"),
        lambda sftp: sftp.rename("/inbox/first", "/first"),
        lambda sftp: sftp.rename("/inbox", "/elsewhere"),
        lambda sftp: sftp.get("/inbox/first", os.devnull + ".not"),
    ],
)
def test_what_is_not_needed_to_drop_in_is_refused(ours, act):
    ours.put("/inbox/first", b"1")
    ours.put("/inbox/second", b"2")

    with pytest.raises(REFUSED):
        ours.run(act)

    assert {path.name: path.read_bytes() for path in ours.inbox.iterdir()} == {
        "first": b"1",
        "second": b"2",
    }


def test_times_and_rights_that_clients_set_change_nothing(ours):
    ours.put("/inbox/first")

    ours.run(lambda sftp: sftp.chmod("/inbox/first", 0o4777))
    ours.run(lambda sftp: sftp.utime("/inbox/first", (0, 0)))

    found = (ours.inbox / "first").stat()
    assert stat.S_IMODE(found.st_mode) == 0o600 and found.st_mtime > 1_000


def test_there_is_no_shell_no_command_and_no_forwarding(ours):
    async def attack():
        refusals = 0
        async with ours.connect() as line:
            for start in (
                lambda: line.run("id", check=True),
                lambda: line.run(check=True),
                lambda: line.run("sftp", subsystem="shell", check=True),
                lambda: line.open_connection("127.0.0.1", ours.port),
                lambda: line.open_unix_connection("/run/x"),
                lambda: line.forward_remote_port("127.0.0.1", 0, "127.0.0.1", ours.port),
            ):
                try:
                    await start()
                except (asyncssh.Error, asyncssh.ChannelListenError, OSError):
                    refusals += 1
        return refusals

    assert ours.call(attack()) == 6


def test_a_file_grows_to_its_limit_and_no_further(ours):
    ours.put("/inbox/just", b"x" * SIZE_MAX)

    with pytest.raises(REFUSED):
        ours.put("/inbox/large", b"x" * (SIZE_MAX + 1))

    async def far_out(sftp):
        async with sftp.open("/inbox/sparse", "wb") as file:
            await file.write(b"x", offset=2**40)

    with pytest.raises(REFUSED):
        ours.run(far_out)
    assert all(path.stat().st_size <= SIZE_MAX for path in ours.inbox.iterdir())


def test_thousands_of_files_fill_the_inbox_and_not_the_disk(ours, monkeypatch):
    monkeypatch.setattr(drop_in_server, "FILES_MAX", 3)

    async def many(sftp):
        for n in range(10):
            async with sftp.open(f"/inbox/f{n}", "wb") as file:
                await file.write(b"x")

    with pytest.raises(REFUSED, match="full"):
        ours.run(many)

    assert len(list(ours.inbox.iterdir())) == 3


def test_files_that_grow_side_by_side_fill_the_inbox_and_not_the_disk(ours, monkeypatch):
    monkeypatch.setattr(drop_in_server, "GROWTH_BYTES", 50_000)

    async def grow(sftp):
        files = [await sftp.open(f"/inbox/f{n}", "wb") for n in range(30)]
        for file in files:
            await file.write(b"x", offset=SIZE_MAX - 1)

    with pytest.raises(REFUSED, match="full"):
        ours.run(grow)

    size = sum(path.stat().st_size for path in ours.inbox.iterdir())
    assert size <= 11 * SIZE_MAX


def test_a_file_that_is_taken_while_the_inbox_is_measured_refuses_no_other(ours, monkeypatch):
    ours.put("/inbox/first")
    scandir = os.scandir

    def taken_meanwhile(path):
        entries = scandir(path)
        (ours.inbox / "first").unlink(missing_ok=True)
        return entries

    monkeypatch.setattr(drop_in_server.os, "scandir", taken_meanwhile)

    ours.put("/inbox/second")

    assert [path.name for path in ours.inbox.iterdir()] == ["second"]


@pytest.mark.parametrize("offset", [0, SIZE_MAX - 1_000])
def test_what_is_appended_grows_to_the_limit_wherever_it_says_it_is(ours, offset):
    async def append(sftp):
        async with sftp.open("/inbox/long", "ab") as file:
            for _ in range(SIZE_MAX // 1_000 + 10):
                await file.write(b"x" * 1_000, offset=offset)

    with pytest.raises(REFUSED, match="too large"):
        ours.run(append)

    assert (ours.inbox / "long").stat().st_size <= SIZE_MAX


@pytest.mark.parametrize("how", ["key", "source", "nobody knows"])
def test_a_session_does_not_outlive_its_key(ours, monkeypatch, how):
    monkeypatch.setattr(drop_in_server, "RECHECK_S", 0.05)

    async def write_on(sftp):
        async with sftp.open("/inbox/.long.part", "wb") as file:
            await file.write(b"before")
            if how == "key":
                ours.known[LOGIN] = DropIn(public(STRANGER), SIZE_MAX)
            elif how == "source":
                del ours.known[LOGIN]
            else:
                ours.known = None
            await asyncio.sleep(0.3)
            await file.write(b"after")

    with pytest.raises((asyncssh.Error, OSError)):
        ours.run(write_on)

    assert (ours.inbox / ".long.part").read_bytes() == b"before"


def test_a_session_whose_key_is_good_goes_on(ours, monkeypatch):
    monkeypatch.setattr(drop_in_server, "RECHECK_S", 0.02)

    async def write_on(sftp):
        async with sftp.open("/inbox/long", "wb") as file:
            await file.write(b"before ")
            await asyncio.sleep(0.2)
            await file.write(b"after")

    ours.run(write_on)

    assert (ours.inbox / "long").read_bytes() == b"before after"


def test_a_login_has_a_few_connections_and_the_others_their_own(ours, monkeypatch):
    monkeypatch.setattr(drop_in_server, "CONNECTIONS_MAX", 2)

    async def crowd():
        one, two = await ours.connect(), await ours.connect()
        try:
            async with ours.connect() as third:
                await third.start_sftp_client()
        except (asyncssh.Error, OSError) as refusal:
            refused = refusal
        async with ours.connect(login=OTHER, key=STRANGER) as other:
            await other.start_sftp_client()
        one.close()
        await one.wait_closed()
        async with ours.connect() as again:
            await again.start_sftp_client()
        two.close()
        return refused

    assert ours.call(crowd()) is not None


@pytest.mark.django_db(transaction=True)
def test_what_was_dropped_in_is_read_and_leaves_the_inbox(morning, account, tmp_path, settings):
    settings.STATEMENT_DROP_IN_DIR = str(tmp_path)
    source = make_source(account, way="drop_in", completeness="unchanged")
    connect(source, partner_keys=public(PARTNER))
    source = switch_on(source)
    inbox = tmp_path / source.login / "inbox"
    inbox.mkdir(parents=True)
    (inbox / NAME).write_text(foreign_line())
    (inbox / "link_20260310.json").symlink_to("/etc/passwd")
    os.link(inbox / NAME, tmp_path / "second name")

    poll(source)
    assert not ReceivedFile.objects.exists()
    (tmp_path / "second name").unlink()
    poll(source)
    assert the_file().status == "arriving"
    poll(source)
    read_all()

    assert (the_file().status, the_file().day) == ("imported", DAY)
    assert [path.name for path in inbox.iterdir()] == ["link_20260310.json"]


@pytest.mark.django_db
def test_who_may_come_in_is_who_two_people_let_in_while_the_source_is_on(morning, account):
    source = make_source(account, way="drop_in")
    assert drop_in_keys(source.login) is None
    connect(source, partner_keys=public(PARTNER) + " awa@laptop")
    assert drop_in_keys(source.login) is None

    source = switch_on(source)
    assert drop_in_keys(source.login).keys == " ".join(public(PARTNER).split()[:2])
    connect(source, partner_keys=public(STRANGER), now=morning.now + timedelta(seconds=1))

    assert drop_in_keys(source.login).keys == " ".join(public(STRANGER).split()[:2])
    assert drop_in_keys("sts-000000000000") is None


def test_what_replaced_a_file_in_between_is_not_deleted_with_it(tmp_path):
    inbox = tmp_path / LOGIN / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "a.csv").write_text("first")

    with DropInFolder(tmp_path, LOGIN) as folder:
        entry = folder.find("a.csv")
        (inbox / "a.csv").write_text("another")
        folder.put_away(entry, suffix="1")

        assert (inbox / "a.csv").read_text() == "another"
        folder.put_away(folder.find("a.csv"), suffix="2")
        assert list(inbox.iterdir()) == []
        folder.put_away(entry, suffix="3")


def test_a_folder_that_is_a_link_is_not_looked_into(tmp_path):
    (tmp_path / LOGIN).mkdir()
    (tmp_path / LOGIN / "inbox").symlink_to("/etc")

    with pytest.raises(FolderRefused), DropInFolder(tmp_path, LOGIN):
        pass


def test_the_usual_program_drops_a_file_in(ours, tmp_path):
    """OpenSSH's own client."""
    try:
        subprocess.run(["sftp", "-h"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no sftp here")
    key, hosts, batch = tmp_path / "key", tmp_path / "hosts", tmp_path / "batch"
    key.write_bytes(PARTNER.export_private_key())
    key.chmod(0o600)
    hosts.write_text(f"[127.0.0.1]:{ours.port} {public(ours.host_key)}")
    (tmp_path / "r.csv").write_text("by hand")
    batch.write_text(
        f"put {tmp_path}/r.csv /inbox/r.csv.part\nrename /inbox/r.csv.part /inbox/r.csv\nls inbox\n"
    )

    said = subprocess.run(
        [
            *("sftp", "-b", batch, "-i", key, "-P", str(ours.port), "-F", "none"),
            *("-o", f"UserKnownHostsFile={hosts}", "-o", "StrictHostKeyChecking=yes"),
            f"{LOGIN}@127.0.0.1",
        ],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    assert (ours.inbox / "r.csv").read_text() == "by hand"


class _ChangesItsName(asyncssh.SSHClient):
    """Its own name first, with a key that is not taken; then another name with its own key."""

    def __init__(self, then):
        self._then, self._tries = then, 0

    def connection_made(self, conn):
        self._connection = conn

    def public_key_auth_requested(self):
        self._tries += 1
        if self._tries == 1:
            return asyncssh.generate_private_key("ssh-ed25519")
        self._connection._username = self._then
        return PARTNER if self._tries == 2 else None


@pytest.mark.parametrize("then", [f"./{OTHER}", "root", "../elsewhere", OTHER])
def test_nobody_comes_in_under_a_second_name(ours, then):
    async def come_in():
        async with asyncssh.connect(
            "127.0.0.1",
            ours.port,
            username=LOGIN,
            client_factory=lambda: _ChangesItsName(then),
            known_hosts=([ours.host_key.convert_to_public()], [], []),
            client_keys=None,
            config=None,
            agent_path=None,
        ):
            pass

    with pytest.raises((asyncssh.Error, OSError)):
        ours.call(come_in())

    assert not list(ours.root.parent.rglob("inbox"))
