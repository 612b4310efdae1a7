"""Support's clients: curl and Python's ftplib for FTP and FTPS, OpenSSH's sftp. Names are those in /srv/ignite."""

import ftplib
import io
import os
import signal
import ssl
import subprocess
import time

from probe import run
from servers import CERTIFICATE, HOST, PASSWORD

SLOW = 1_000_000  # bytes in a second


class Client:
    """What every protocol has. What the server refuses is False or None."""

    def begin(self, file, name, again=False):
        """Starts an upload over a slow line; `again`: goes on with what is there."""
        words, commands = self.slow_upload(file, name, again)
        process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        process.stdin.write(commands)
        process.stdin.close()
        return process

    @staticmethod
    def cut(process):
        """Kills a client and the helpers that it has."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class FtpClient(Client):
    def __init__(self, account, tls=False, has_rest=True):
        self.account = account
        self.tls = tls
        self.has_rest = has_rest

    def curl(self, file, name, *options):
        words = ["curl", "--silent", "--show-error", "--max-time", 30, "--user", f"{self.account}:{PASSWORD}"]
        words += ["--ssl-reqd", "--cacert", CERTIFICATE] if self.tls else []
        return [*words, *options, "--upload-file", file, f"ftp://{HOST}/{name}"]

    def slow_upload(self, file, name, again):
        more = ("--continue-at", "-") if again else ()
        return self.curl(file, name, "--limit-rate", SLOW, *more), b""

    def put(self, file, name):
        return run(self.curl(file, name)).returncode == 0

    def resume(self, file, name):
        """By REST and STOR where the server has that; by APPE otherwise, as a resumed begin() always does."""
        if not self.has_rest:
            return run(self.curl(file, name, "--continue-at", "-")).returncode == 0
        with self.session() as session, open(file, "rb") as stream:
            session.voidcmd("TYPE I")
            size = session.size(name)
            stream.seek(size)
            session.storbinary(f"STOR {name}", stream, rest=size)
        return True

    def put_and_abort(self, data, name):
        session = self.session()  # Not to be left politely: its answers are in any order now.
        session.voidcmd("TYPE I")
        stream = session.transfercmd(f"STOR {name}")
        stream.sendall(data)
        time.sleep(0.5)
        session.sock.sendall(b"ABOR\r\n")
        stream.close()
        session.getmultiline()
        session.close()

    def session(self):
        if self.tls:
            context = ssl.create_default_context(cafile=CERTIFICATE)
            session = ftplib.FTP_TLS(HOST, self.account, PASSWORD, context=context, timeout=30)
            session.prot_p()
            return session
        return ftplib.FTP(HOST, self.account, PASSWORD, timeout=30)

    def does(self, action):
        with self.session() as session:
            try:
                action(session)
            except (ftplib.error_perm, ftplib.error_temp):
                return False
            return True

    def rename(self, old, new):
        return self.does(lambda session: session.rename(old, new))

    def fetch(self, name):
        into = io.BytesIO()
        done = self.does(lambda session: session.retrbinary(f"RETR {name}", into.write))
        return into.getvalue() if done else None

    def names(self, folder):
        """What can be listed, by any of the commands that a client may use for it."""
        lines = []
        for command in (f"NLST {folder}", f"LIST -a {folder}", f"MLSD {folder}"):
            self.does(lambda session: session.retrlines(command, lines.append))
        self.does(lambda session: (session.cwd(folder), session.retrlines("LIST", lines.append)))
        # vsftpd lists a folder that it cannot open as if it were a file.
        return {line.split()[-1].split("/")[-1] for line in lines} - {".", "..", folder}

    def tricks(self, name):
        """Changes of an upload, or beside it, that none may do: what of it -> whether the server did it."""
        commands = {
            "delete": f"DELE {name}",
            "make a folder": f"MKD {name}.d",
            "remove a folder": "RMD inbox",
            "make it readable": f"SITE CHMOD 644 {name}",
            "change its group": f"SITE CHGRP root {name}",
            "change its time": f"MFMT 19990101000000 {name}",
            "change its time by MDTM": f"MDTM 19990101000000 {name}",
            "change its facts": f"MFF Modify=19990101000000; {name}",
            "link": f"SITE SYMLINK /etc/passwd {name}.link",
            "copy": f"SITE CPFR {name}",
        }
        return {what: self.does(lambda session: session.sendcmd(command)) for what, command in commands.items()}


class SftpClient(Client):
    def __init__(self, account, folder):
        self.options = ["-F", "none", "-i", folder / account, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
                        "-o", f"UserKnownHostsFile={folder / 'known_hosts'}"]
        self.words = ["sftp", "-b", "-", *self.options]
        self.address = f"{account}@{HOST}"
        self.fetched = folder / "fetched"

    def does(self, command):
        done = subprocess.run([str(word) for word in (*self.words, self.address)], input=f"{command}\n".encode(),
                              capture_output=True, timeout=30)
        self.output = done.stdout
        assert done.returncode in (0, 1), done.stderr  # 255: no connection.
        return done.returncode == 0

    def ssh(self, *words):
        """Options, or what a shell would run."""
        options = words if words[0].startswith("-") else ()
        return run(["ssh", *self.options, *options, self.address, *(() if options else words)], timeout=30)

    def slow_upload(self, file, name, again):
        rate = ["-l", SLOW * 8 // 1000]
        return [*self.words, *rate, self.address], f"{'reput' if again else 'put'} {file} {name}\n".encode()

    def put(self, file, name):
        return self.does(f"put {file} {name}")

    def resume(self, file, name):
        return self.does(f"reput {file} {name}")

    def rename(self, old, new):
        return self.does(f"rename {old} {new}")

    def fetch(self, name):
        return self.fetched.read_bytes() if self.does(f"get {name} {self.fetched}") else None

    def names(self, folder):
        self.does(f"ls -1a {folder}")
        lines = [line for line in self.output.decode().splitlines() if not line.startswith("sftp>")]
        return {line.split("/")[-1] for line in lines} - {".", ".."}

    def tricks(self, name):
        commands = {
            "delete": f"rm {name}",
            "make a folder": f"mkdir {name}.d",
            "remove a folder": "rmdir inbox",
            "make it readable": f"chmod 644 {name}",
            "change its group": f"chgrp 0 {name}",
            "link": f"ln -s /etc/passwd {name}.link",
            "link hard": f"ln {name} {name}.link",
            "copy": f"cp {name} {name}.copy",
        }
        return {what: self.does(command) for what, command in commands.items()}
