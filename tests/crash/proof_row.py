#!/usr/bin/env python3
"""Adds a row to the table of docs/proof.md, for the campaigns of the transaction.

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


def git(*words):
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()


def main():
    what, tried, failures, command = sys.argv[1:]
    page = pathlib.Path("docs/proof.md")
    commit = git("rev-parse", "--short", "HEAD")
    # Rows that other campaigns have added change nothing that was tried.
    if git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/proof.md"):
        commit += "-dirty"
    row = f"| {datetime.date.today()} | `{commit}` | {what} | {tried} | {failures} | `{command}` |"
    page.write_text(with_row(page.read_text(), row))
    print(row)


main()
