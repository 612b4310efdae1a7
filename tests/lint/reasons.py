#!/usr/bin/env python3
"""Holds the table of reasons in docs/operations.md, and that of agent/outbox/reason_words.cc, which says them in the
outbox: each has every reason that the agent can give, and no other.

usage: reasons.py TREE
"""

import pathlib
import re
import sys

# How the sources of agent/ name a reason, or the check whose id becomes one.
NAMED = [
    r'reason = "([a-z-]+)"',
    r'Because\("([a-z-]+)"',
    r'NamedCheck\{"([a-z-]+)"',
    r'\{"([a-z-]+)", (?:true|false),',
]
FOR_ERRORS = ("agent/engine/verdict.cc", r'return "([a-z-]+)";')
WORDS = ("agent/outbox/reason_words.cc", r'\{"([a-z-]+)",\s+Msgid\(')


def given(tree):
    text = "".join(path.read_text() for path in sorted((tree / "agent").rglob("*.cc")))
    reasons = {reason for pattern in NAMED for reason in re.findall(pattern, text)}
    return reasons | found_in(tree, *FOR_ERRORS)


def found_in(tree, source, pattern):
    return set(re.findall(pattern, (tree / source).read_text()))


def explained(tree):
    text = (tree / "docs/operations.md").read_text()
    table = text.partition("| reason | means |")[2].partition("\n\n")[0]
    return {reason for row in table.splitlines()[2:] for reason in re.findall("`([a-z-]+)`", row.split("|")[1])}


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    tree = pathlib.Path(sys.argv[1])
    reasons, rows = given(tree), explained(tree)
    faults = [f"docs/operations.md does not explain the reason {reason}" for reason in sorted(reasons - rows)]
    faults += [f"docs/operations.md explains {reason}, which nothing gives" for reason in sorted(rows - reasons)]
    words = found_in(tree, *WORDS)
    faults += [f"{WORDS[0]} has no words for {reason}" for reason in sorted(reasons - words)]
    faults += [f"{WORDS[0]} has words for {reason}, which nothing gives" for reason in sorted(words - reasons)]
    if len(reasons) < 20:
        faults.append(f"only {len(reasons)} reasons were found in the sources: the patterns are out of date")
    print("\n".join(faults) or f"{len(reasons)} reasons, each explained")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
