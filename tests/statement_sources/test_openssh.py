"""With OpenSSH on the other side: its server is pulled from, and the recipe for it is one."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import asyncssh
import pytest

from apps.reconciliation.tests.reports import foreign_line
from apps.statement_sources.transports.sftp_folder import Reach, SftpFolder
from local.ports import choose_port
from tests.docs.pages import blocks, read
from tests.statement_sources.conftest import NAME

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
pytestmark = pytest.mark.skipif(not Path(SSHD).exists(), reason="sshd is not installed")


@pytest.fixture
def host_key(tmp_path):
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "host_key")
    (tmp_path / "host_key").chmod(0o600)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    return key


@pytest.fixture
def sshd(tmp_path, host_key):
    """(port, our private key) of a server over `tmp_path`."""
    ours, port = asyncssh.generate_private_key("ssh-ed25519"), choose_port()
    ours.write_public_key(tmp_path / "authorized")
    config = tmp_path / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host_key\nPidFile none\n"
        f"AuthorizedKeysFile {tmp_path}/authorized\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        "Subsystem sftp internal-sftp\n"
    )
    with (tmp_path / "sshd.log").open("w") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stderr=log)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, ours
    finally:
        process.terminate()
        process.wait(10)


def test_a_report_is_fetched_from_openssh_and_archived(tmp_path, sshd, host_key):
    port, ours = sshd
    out, archive = tmp_path / "out", tmp_path / "archive"
    out.mkdir()
    archive.mkdir()
    content = (foreign_line() * 10_000).encode()
    (out / NAME).write_bytes(content)
    (archive / NAME).write_text("an older one")
    (out / "link.json").symlink_to(out / NAME)
    reach = Reach(
        host="127.0.0.1",
        port=port,
        username=getpass.getuser(),
        host_keys=[host_key.convert_to_public()],
        folder=str(out),
        archive_folder=str(archive),
        private_key=ours.export_private_key().decode(),
    )

    with SftpFolder(reach) as folder:
        (entry,) = folder.entries()
        half = len(content) // 2
        first = folder.read(NAME, offset=0, length=half)
        rest = folder.read(NAME, offset=half, length=len(content))
        folder.put_away(entry, suffix="1")
        folder.put_away(entry, suffix="2")

    assert (entry.name, entry.size, first + rest) == (NAME, len(content), content)
    assert {path.name for path in archive.iterdir()} == {NAME, f"{NAME}.1"}
    assert (archive / NAME).read_text() == "an older one"


def test_the_recipe_is_a_jail_without_shell_or_forwarding(tmp_path, host_key):
    (recipe,) = [b.text for b in blocks(read("docs/guides/statements.md")) if b.language == "text"]
    config = tmp_path / "sshd_config"
    config.write_text(
        re.sub("^HostKey .*", f"HostKey {tmp_path}/host_key", recipe, flags=re.MULTILINE)
        .replace("Match Group statements", "Match User partner")
        .replace("AllowGroups statements\n", "")
    )

    said = subprocess.run(
        [SSHD, "-T", "-f", config, "-C", "user=partner,host=h,addr=127.0.0.1"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    effective = dict(line.split(" ", 1) for line in said.stdout.splitlines() if " " in line)
    assert effective["chrootdirectory"] == "/srv/statements/%u"
    assert effective["forcecommand"].startswith("internal-sftp ")
    denied = set(effective["forcecommand"].rpartition("-P ")[2].split(","))
    known = subprocess.run(
        [Path(SSHD).parent.parent / "lib/openssh/sftp-server", "-Q", "requests"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not known.stdout or denied <= set(known.stdout.split())
    for door in ("allowtcpforwarding", "x11forwarding", "permittty", "passwordauthentication"):
        assert effective[door] == "no", door
