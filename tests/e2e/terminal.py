"""A terminal for the tests: a program runs in it, and what a person would see can be read."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

_TOKEN = re.compile(rb"\x1b\[K|[\r\n\b]|[^\x1b\r\n\b]")


class Screen:
    """What the bytes of a program leave on a terminal that knows what ignite uses, and nothing else."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.lines = [""]
        self.scrolled = 0
        self.overfull = 0  # Lines that went over into the next one.
        self._column = 0

    def feed(self, data):
        position = 0
        while position < len(data):
            token = _TOKEN.match(data, position)
            assert token, f"a terminal would not know {data[position:position + 20]!r}"
            self._take(token.group())
            position = token.end()

    def _take(self, token):
        if token == b"\r":
            self._column = 0
        elif token == b"\n":
            self._next_line()
        elif token == b"\b":
            self._column = max(0, self._column - 1)
        elif token == b"\x1b[K":
            self.lines[-1] = self.lines[-1][: self._column]
        else:
            if self._column == self.columns:
                self.overfull += 1
                self._next_line()
                self._column = 0
            line = self.lines[-1].ljust(self._column)
            self.lines[-1] = line[: self._column] + token.decode("latin-1") + line[self._column + 1:]
            self._column += 1

    def _next_line(self):
        self.lines.append("")
        self.scrolled = max(0, len(self.lines) - self.rows)

    def text(self):
        """The lines that are on the screen."""
        return "\n".join(line.rstrip() for line in self.lines[self.scrolled:])


class Terminal:
    """Runs a program in a terminal of its own, as its foreground process."""

    def __init__(self, words, rows=24, columns=80, environment=None):
        self.screen = Screen(rows, columns)
        self.raw = b""
        self.returncode = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execve(words[0], [str(word) for word in words],
                      {"PATH": os.environ["PATH"], "TERM": "xterm", **(environment or {})})

    def type(self, text):
        os.write(self._fd, text.encode())

    def press_ctrl_c(self):
        self.type("\x03")

    def read(self, timeout):
        """Takes what comes within the time; False at the end of the program."""
        if not select.select([self._fd], [], [], timeout)[0]:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Nobody has the other end any more.
            return False
        self.raw += data
        self.screen.feed(data)
        return bool(data)

    def wait_for(self, text, timeout=30):
        """Until the text is on the screen."""
        end = time.monotonic() + timeout
        while text not in self.screen.text():
            if not self.read(0.1) or time.monotonic() > end:
                raise AssertionError(f"no {text!r} on the screen:\n{self.screen.text()}")

    def wait(self, timeout=60):
        """Until the program ends; its exit code."""
        end = time.monotonic() + timeout
        while self.read(0.1):
            if time.monotonic() > end:
                raise AssertionError(f"it does not end:\n{self.screen.text()}")
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self._fd)
        return self.returncode

    def hang_up(self):
        """The connection ends."""
        os.close(self._fd)
        self._fd = os.open("/dev/null", os.O_RDWR)

    def close(self):
        """Ends the program where a test has not waited for it."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self._fd)
