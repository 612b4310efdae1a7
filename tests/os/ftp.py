#!/usr/bin/env python3
"""A support person's FTP client. As a program, for a probe whose network is apart: ftp.py PORT put|get FILE NAME"""

import ftplib
import pathlib
import sys


class Client(ftplib.FTP):
    """`passive_port`: where data go instead of the port that the server names, for one that is forwarded."""

    def __init__(self, port, passive_port=None):
        super().__init__(timeout=60)
        self.passive_port = passive_port
        try:
            self.connect("127.0.0.1", port)
            self.login()
        except ftplib.all_errors:
            self.close()
            raise

    def makepasv(self):
        host, port = super().makepasv()
        return host, self.passive_port or port

    def put(self, file, name):
        with pathlib.Path(file).open("rb") as stream:
            self.storbinary(f"STOR {name}", stream, blocksize=1 << 20)

    def get(self, file, name):
        with pathlib.Path(file).open("wb") as stream:
            self.retrbinary(f"RETR {name}", stream.write)


if __name__ == "__main__":
    port, verb, file, name = sys.argv[1:]
    try:
        with Client(int(port)) as client:
            getattr(client, verb)(file, name)
    except ftplib.all_errors as error:
        sys.exit(str(error))
