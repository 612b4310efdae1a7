#!/usr/bin/env python3
"""Lets ignite's reader and the second one judge the same bundles: both must say the same, and unpack the same.

usage: agreement.py ORACLE [COUNT] [SEED]
"""

import collections
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import reader  # noqa: E402
from generator import Generator, People  # noqa: E402


class Oracle:
    def __init__(self, program, keyring, identity):
        self.process = subprocess.Popen([program, keyring, identity.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def judge(self, data):
        self.process.stdin.write(struct.pack("<Q", len(data)) + data)
        self.process.stdin.flush()
        line = self.process.stdout.readline().decode("utf-8", "replace").rstrip("\n")
        if not line:
            raise SystemExit(f"the oracle ended with {self.process.wait()}")
        return line


def second_opinion(data, keyring, people):
    try:
        bundle = reader.Bundle(data, keyring, [people.probe], accept_plain=True)
    except reader.Refused as refusal:
        return f"refused {refusal}"
    return f"accepted {bundle.content_id} {bundle.entries()}"


def same(one, two):
    return one == two or (one.startswith("refused") and two.startswith("refused"))


def main(program, count, seed):
    people = People(random.Random(seed))
    tally = collections.Counter()
    disagreements = []
    with tempfile.TemporaryDirectory() as folder:
        keyring_path = pathlib.Path(folder) / "keyring.json"
        keyring_path.write_text(people.keyring())
        keyring = reader.Keyring(keyring_path.read_bytes())
        oracle = Oracle(program, keyring_path, people.probe_raw)
        for number in range(count):
            # Each bundle from a seed of its own, so that one can be made again alone.
            fault, data = Generator(random.Random(f"{seed}/{number}"), people).bundle()
            first, second = oracle.judge(data), second_opinion(data, keyring, people)
            tally[fault, first.split()[0]] += 1
            if not same(first, second):
                disagreements.append({"number": number, "fault": fault, "ignite": first, "second": second})
    for (fault, verdict), times in sorted(tally.items()):
        print(f"{fault:12} {verdict:10} {times}")
    for disagreement in disagreements[:20]:
        print(json.dumps(disagreement))
    print(f"{count} bundles, {len(disagreements)} disagreements, seed {seed}")
    accepted = sum(times for (_, verdict), times in tally.items() if verdict == "accepted")
    if disagreements or not accepted or tally["none", "refused"]:
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000, int(sys.argv[3]) if len(sys.argv) > 3 else 1))
