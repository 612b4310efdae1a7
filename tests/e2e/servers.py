"""Real FTP and SFTP servers with the files of docs/examples, in namespaces where their paths and ports are free.

script/bootstrap unpacks the servers below build/servers.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

from probe import run, wait_for

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "docs/examples"
UNPACKED = REPOSITORY / "build/servers"
GROUP = "ignite-upload"
ACCOUNTS = {"support": 64000, "other": 64000, "stranger": 65534}  # And their groups.
HOST = "127.0.0.1"
PASSWORD = "secret"
CERTIFICATE = pathlib.Path("/etc/ssl/private/ignite-ftp.pem")
KEYS = pathlib.Path("/etc/ssh")


def go_apart():
    """Goes on in mount, network and process namespaces of its own: what is changed in /etc there, and every port, is
    this program's alone, and the kernel ends all that it leaves running. Exit code 77: not possible here."""
    if os.environ.get("IGNITE_APART"):
        return
    apart = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    missing = [name for name in ("vsftpd", "proftpd", "sshd") if not (UNPACKED / "usr/sbin" / name).exists()]
    if os.geteuid() != 0:
        reason = "servers change their root and their user, so this needs root"
    elif missing:
        reason = f"{', '.join(missing)}: not there, run script/bootstrap"
    elif subprocess.run([*apart, "ip", "link", "set", "lo", "up"], stderr=subprocess.DEVNULL).returncode != 0:
        reason = "this machine allows no namespaces"
    else:
        words = [*apart, "sh", "-c", 'ip link set lo up && exec "$@"', "apart", sys.executable, *sys.argv]
        os.execvpe(words[0], words, {**os.environ, "IGNITE_APART": "yes"})
    print(f"skipped: {reason}")
    sys.exit(77)


def mount(cleanup, *words):
    """`cleanup` is the addCleanup or addClassCleanup of a test."""
    run(["mount", *words], expect=0)
    cleanup(run, ["umount", "--recursive", "--lazy", words[-1]])


def furnish(folder, cleanup):
    """What an administrator sets up by docs/operations.md: the accounts, and the files in their places. Places of this
    machine are covered by copies, which may be changed."""
    for place in ("/srv", "/run", "/var/log"):
        mount(cleanup, "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
    for inner in ("srv/ignite", "run/vsftpd/empty", "run/sshd", "run/proftpd"):
        pathlib.Path("/", inner).mkdir(parents=True)
    openssl = pathlib.Path("/etc/ssl/openssl.cnf").read_text()
    for place in (KEYS, "/etc/ssl"):  # Without the keys of this machine.
        mount(cleanup, "-t", "tmpfs", "-o", "mode=0755", "tmpfs", place)
    pathlib.Path("/etc/ssl/openssl.cnf").write_text(openssl)
    CERTIFICATE.parent.mkdir()
    shutil.copytree("/etc/pam.d", folder / "pam.d", symlinks=True)
    mount(cleanup, "--bind", folder / "pam.d", "/etc/pam.d")
    words = run(["openssl", "passwd", "-6", PASSWORD], expect=0).stdout.decode().strip()
    more = {"passwd": [], "shadow": [], "group": [f"{GROUP}:x:64000:"]}
    for number, (name, group) in enumerate(ACCOUNTS.items(), 64001):
        more["passwd"].append(f"{name}:x:{number}:{group}::/:/usr/sbin/nologin")
        more["shadow"].append(f"{name}:{words}:19000::::::")
    more["passwd"].append("sshd:x:64100:65534::/run/sshd:/usr/sbin/nologin")
    for name, lines in more.items():
        place = pathlib.Path("/etc", name)
        before = [] if name == "shadow" else place.read_text().splitlines()
        kept = [line for line in before if line.split(":")[0] != "sshd"]
        copy = folder / name
        copy.write_text("".join(f"{line}\n" for line in [*kept, *lines]))
        mount(cleanup, "--bind", copy, place)
    shutil.copy(EXAMPLES / "pam.d/ignite-ftp", "/etc/pam.d")
    shutil.copy(UNPACKED / "etc/pam.d/sshd", "/etc/pam.d")
    make_keys(folder)


def make_keys(folder):
    part = folder / "certificate.part"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=probe", "-addext", f"subjectAltName=IP:{HOST}", "-keyout", CERTIFICATE, "-out", part], expect=0)
    with CERTIFICATE.open("ab") as both:
        both.write(part.read_bytes())
    for name in ("sshd_config.d", GROUP):
        (KEYS / name).mkdir()
    host = KEYS / "ssh_host_ed25519_key"
    for key in (host, *(folder / name for name in ACCOUNTS)):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], expect=0)
    for name in ACCOUNTS:
        shutil.copy(folder / f"{name}.pub", KEYS / GROUP / name)
    host_key = host.with_suffix(".pub").read_text()
    (folder / "known_hosts").write_text(f"{HOST} {host_key}")


def serve(words, port, log, **environment):
    """Starts a server, and waits until it listens."""
    with open(log, "ab") as stream:
        server = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            start_new_session=True, env={"PATH": os.environ["PATH"], **environment})

    def listens():
        assert server.poll() is None, f"{words[0]}: {pathlib.Path(log).read_text()}"
        try:
            socket.create_connection((HOST, port)).close()
        except ConnectionRefusedError:
            return False
        return True

    wait_for(listens, 10, words[0])
    return server


def vsftpd(folder, tls=False):
    text = (EXAMPLES / "vsftpd.conf").read_text()
    environment = {}
    if tls:  # As the comment there says.
        shutil.copy(EXAMPLES / "ssl/ignite-ftp.cnf", "/etc/ssl")
        unit = (EXAMPLES / "vsftpd.service.d/ignite-ftp.conf").read_text()
        environment = dict([unit.split("\nEnvironment=")[1].strip().split("=")])
        begin = text.index("#ssl_enable")
        end = text.index("\n\n", begin)
        text = text[:begin] + text[begin:end].replace("#", "") + text[end:]
    place = folder / "vsftpd.conf"
    place.write_text(text)
    return serve([UNPACKED / "usr/sbin/vsftpd", place], 21, folder / "vsftpd.log", **environment)


def proftpd(folder, hidden_stores=False):
    libraries = next((UNPACKED / "usr/lib").glob("*-linux-gnu*"))
    options = ["-D", "HIDDEN_STORES"] if hidden_stores else []
    words = [UNPACKED / "usr/sbin/proftpd", "--nodaemon", "--config", EXAMPLES / "proftpd.conf", *options]
    return serve(words, 21, folder / "proftpd.log", LD_LIBRARY_PATH=str(libraries))


def sshd(folder):
    """With Debian's own sshd_config, which includes ours."""
    shutil.copy(UNPACKED / "usr/share/openssh/sshd_config", KEYS)
    shutil.copy(EXAMPLES / "sshd_config.d/ignite-sftp.conf", KEYS / "sshd_config.d")
    return serve([UNPACKED / "usr/sbin/sshd", "-D", "-e"], 22, folder / "sshd.log")
