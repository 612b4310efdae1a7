#!/usr/bin/env python3
"""Adds a row to the table of docs/proof.md that a campaign of this folder writes.

usage: proof_row.py WHAT TRIED FAILURES COMMAND
"""

import datetime
import pathlib
import subprocess
import sys

HEADER = "| date | commit | what | tried | failures | command |"


def with_row(text, row):
    """The page with one more row at the end of the table."""
    lines = text.splitlines()
    end = lines.index(HEADER)
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    return "\n".join([*lines[:end], row, *lines[end:]]) + "\n"


def main():
    what, tried, failures, command = sys.argv[1:]
    page = pathlib.Path("docs/proof.md")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True)
    row = f"| {datetime.date.today()} | `{commit.stdout.strip()}` | {what} | {tried} | {failures} | `{command}` |"
    page.write_text(with_row(page.read_text(), row))
    print(row)


main()
