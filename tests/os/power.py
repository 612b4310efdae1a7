#!/usr/bin/env python3
"""Cuts the power of a box again and again while it updates its operating system, and once more while it recovers.

usage: power.py COUNT SEED    see factory.py for the environment
One update runs undisturbed and is parked every few seconds: before it, while it stages, before and after the reboot, on trial.
Each cut lets one of these boxes go on for a moment and kills it; some are killed again in the boot that follows. Then the box
boots in peace, and must come to rest, healthy and as a whole on the old release or on the new one. What had been committed must
stay so. A cut loses what the box had in memory; what it had written to its disk is there.
"""

import json
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from appliance import FIRST, Appliance  # noqa: E402
from factory import Factory, overlay  # noqa: E402
from machine import Machine  # noqa: E402

STEP = 8  # Seconds between two parked boxes.
BUNDLE = "/data/netprobe-2.0.ignite"
SECOND = {"slot": "b", "os": "2.0", "application": "2.0", "unit": "active", "columns": "version,note"}


def moments(folder):
    """The parked boxes of one update, the first before it, the last with the new release committed."""
    factory = Factory(folder / "factory")
    shutil.copy(factory.release("2.0", level=2, forms=("image",)), factory.data / pathlib.Path(BUNDLE).name)
    machine = Machine(folder / "0", overlay(factory.disk(folder / "disk"), folder / "first.qcow2"))
    machine.start()
    machine.await_console()
    appliance = Appliance(machine)
    appliance.prepare()
    told = appliance.upload(factory.application("1.0", level=1))
    if told["outcome"] != "committed" or appliance.state() != FIRST:
        raise AssertionError(f"the first release: {told}")
    boxes, committed = [machine.park(folder / "0/state")], False
    while not committed:
        if len(boxes) > 100:
            raise AssertionError("the update does not end")
        place = folder / str(len(boxes))
        machine = boxes[-1].go_on(place)
        if len(boxes) == 1:
            machine.run(f"systemd-run --quiet ignite install {BUNDLE}")
        time.sleep(STEP)
        committed = has_committed(machine)
        boxes.append(machine.park(place / "state"))
    return boxes


def has_committed(machine):
    try:
        status = json.loads(machine.run("ignite status --json", timeout=10))
        return status["transaction"] is None and status["deployment"]["components"].get("os") == "2.0"
    except (AssertionError, ValueError):  # It boots.
        return False


def cut(boxes, folder, seed):
    """What is wrong after a cut; None where nothing is. And which release it ended on."""
    choice = random.Random(seed)
    index = choice.randrange(len(boxes))
    machine = boxes[index].go_on(folder)
    try:
        time.sleep(choice.uniform(0, STEP))
        machine.kill()
        machine.state = None
        if choice.random() < 0.3:
            machine.start()
            time.sleep(choice.uniform(0, 30))
            machine.kill()
        machine.start()
        appliance = Appliance(machine)
        status = appliance.await_rest()
        state = appliance.state()
        committed = index == len(boxes) - 1
        if state not in ((SECOND,) if committed else (FIRST, SECOND)):
            return f"it ended as {state}", None
        release = state["application"]
        if status["deployment"]["components"]["app/web"] != release:
            return f"ignite takes it for {status['deployment']}", None
        appliance.run("ignite verify && ignite history --verify")
        return None, release
    except AssertionError as error:
        return str(error), None
    finally:
        machine.kill()


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ignite-power."))
    try:
        boxes = moments(folder)
        print(f"{len(boxes)} parked boxes", flush=True)
        ends, problems = {"1.0": 0, "2.0": 0}, 0
        for number in range(seed, seed + count):
            problem, release = cut(boxes, folder / "cut", number)
            if problem:
                problems += 1
                kept = pathlib.Path(f"{folder}.failed-{number}")
                shutil.move(folder / "cut", kept)
                print(f"seed {number}: {problem}; its disk and serial log are in {kept}", flush=True)
            else:
                ends[release] += 1
                shutil.rmtree(folder / "cut")
            print(f"os: {number - seed + 1} cuts, {ends['1.0']} ended on the old release, {ends['2.0']} on the new one, "
                  f"{problems} problems", flush=True)
        sys.exit(problems > 0)
    finally:
        shutil.rmtree(folder)


main()
