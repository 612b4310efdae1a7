"""Configurations and folders of programs: sections 10.6 and 10.7 of payload-format/SPEC.md."""

import json

from builder import config, copy, file, folder, hard_link, step, symlink
from case import accept, drop, put, refuse

SPEC = ("payloads", 0, "spec")


def program(path, **fields):
    return file(path, mode=0o755, **fields)


def generating(*entries, **more):
    """generate alone, with these entries behind it."""
    return [config([program("generate"), *entries], **{"programs": ["generate"], "steps": [], **more})]


accept("config", "Programs, and a step with a way back.", payloads=[config()])
accept("config-least", "generate alone.", payloads=generating())
accept("config-folder", "All that a folder of programs may hold beside its programs.", payloads=generating(
    folder("lib"), copy("lib/copy", 1, mode=0o755), file("lib/text"), symlink("link", b"lib/text")))
accept("config-steps", "Gaps, zeros in front, no way back, the largest number.", payloads=[config(
    [program("007_b.up"), program("2_a.1-x_y.down"), program("2_a.1-x_y.up"), program("9007199254740991_c.up"),
     program("generate")], programs=["generate"], steps=[
        step(2, "a.1-x_y"), {**step(7, "b", False), "up": "007_b.up"}, step(2**53 - 1, "c", False)])])
accept("config-step-of-two-spellings", "The number of a step with and without zeros in front.", payloads=[config(
    [program("01_a.up"), program("1_a.down"), program("generate")], programs=["generate"],
    steps=[{**step(1), "up": "01_a.up"}])])
LONG = f"{1:0200}_a.up"
accept("config-step-of-200-digits", "The number of a step with many zeros in front.", payloads=[config(
    [program(LONG), program("generate")], programs=["generate"], steps=[{**step(1, down=False), "up": LONG}])])
accept("config-files-not-named", "Steps and a check that the spec leaves out: files like any other, of either mode.",
       payloads=[config([program("01_a.up"), program("1_a.up"), file("2_b.down"), file("check"), program("generate")],
                        programs=["generate"], steps=[{**step(1, down=False), "up": "01_a.up"}])])
accept("config-keys-for-people", "Keys with x- beside those of a configuration and of a step.",
       payloads=[config(steps=[{**step(1), "x-note": []}], **{"x-note": {}})])
MANY = [step(number, down=False) for number in range(1, 1002)]
STEP_FILES = sorted((program(it["up"]) for it in MANY[:1000]), key=lambda it: it["path"])
accept("config-1000-steps", "As many steps as there can be.", plain=True,
       payloads=[config([*STEP_FILES, program("generate")], programs=["generate"], steps=MANY[:1000])])
refuse("config-1001-steps", "steps", "A step more than there can be.", plain=True, payloads=[config(steps=MANY)])

for kind, signers in (("licence", ("licence",)), ("order", ("engineer",))):
    refuse(f"config-in-{kind}", "payload-kind", f"A configuration in a bundle of kind {kind}.", signers=signers,
           payloads=[config()], document=put("kind", kind))
for component in ("app/greeting", "os", "data/greeting"):
    refuse(f"config-component-{component.replace('/', '-')}", "config-component", f"A configuration for {component}.",
           payloads=[config(component=component)])
for count, streams in ((0, lambda it: []), (1, lambda it: it[:1]), (3, lambda it: it + [b"more"])):
    refuse(f"config-with-{count}-streams", "payload-streams", f"A configuration with {count} streams.",
           payloads=[config(streams=streams)])
for key in ("path", "programs", "steps", "entries", "bytes"):
    refuse(f"missing-key-config-{key}", "missing-key", f'No "{key}" in a configuration.', field=key, payloads=[config()],
           document=drop(*SPEC, key))
for key in ("number", "name", "up", "down"):
    refuse(f"missing-key-step-{key}", "missing-key", f'No "{key}" in a step.', field=key, payloads=[config()],
           document=drop(*SPEC, "steps", 0, key))
refuse("unknown-key-in-config", "unknown-key", "A key that the page does not name, in a configuration.", field="units",
       payloads=[config(units=[])])
refuse("unknown-key-in-step", "unknown-key", "A key that the page does not name, in a step.", field="check",
       payloads=[config(steps=[{**step(1), "check": ""}])])
VALUES = {
    "path": ("", "/", "etc", "/etc/..", 1), "programs": ([], ["check"], ["check", "generate"], ["generate", "other"],
                                                         ["generate", "check", "check"], "generate", None),
    "entries": (0, 1048577, "4", None), "bytes": (-1, "1", None), "steps": ({}, None),
}
for key, values in VALUES.items():
    for number, value in enumerate(values, 1):
        refuse(f"value-config-{key}-{number}", "value", f"{json.dumps(value)} for {key} of a configuration.", field=key,
               payloads=[config(**{key: value})])
for number, value in enumerate((0, -1, 2**53 - 1 + 1, "1", None), 1):
    reason = "json-number" if value == 2**53 else "value"
    refuse(f"value-step-number-{number}", reason, f"{json.dumps(value)} for the number of a step.",
           payloads=[config(steps=[{**step(1), "number": value}])])
for number, (comment, steps) in enumerate((
        ("Another number than the files say.", [{**step(1), "number": 2}]),
        ("Another name than the files say.", [{**step(1), "name": "b"}]),
        ("A file for the way up that leads down.", [{**step(1), "up": "1_a.down", "down": ""}]),
        ("No file for the way up.", [{**step(1), "up": ""}]),
        ("A way back of another step.", [{**step(1), "down": "2_a.down"}]),
        ("A file with a suffix.", [{**step(1), "up": "1_a.up.sql"}]),
        ("A file below another folder.", [{**step(1), "up": "lib/1_a.up"}]),
        ("A name that is none.", [{"number": 1, "name": "-", "up": "1_-.up", "down": ""}]),
        ("A step twice.", [step(1), step(1)]),
        ("Two steps of one number.", [step(1), step(1, "b")]),
        ("Steps out of order.", [step(2), step(1)]),
        ("A number of 20 digits that is 1 modulo 2^64.", [{**step(1, down=False), "up": "18446744073709551617_a.up"}]),
        ("A number of 2^53, which a step cannot have.", [{**step(2**53 - 1, down=False), "up": "9007199254740992_a.up"}])), 1):
    refuse(f"steps-{number}", "steps", comment, payloads=[config(steps=steps)])

for name, comment, entry in (
        ("hard-link", "A hard link.", hard_link("link", 1)),
        ("owner", "A file of another owner.", file("other", owner=b"daemon")),
        ("group", "A file of another group.", file("other", group=b"daemon")),
        ("folder-owner", "A folder of another owner.", folder("other", owner=b"daemon")),
        ("mode-775", "A file that a group may write to.", file("other", mode=0o775)),
        ("mode-600", "A file that only root may read.", file("other", mode=0o600)),
        ("folder-mode-644", "A folder of mode 0644.", folder("other", mode=0o644)),
        ("folder-mode-1777", "A folder that all may write to.", folder("other", mode=0o1777)),
        ("setuid", "A setuid file.", file("other", mode=0o4755)),
        ("capabilities", "A file with capabilities.", program("other", capabilities=bytes(20))),
        ("absolute", "An absolute link target.", symlink("other", b"/etc")),
        ("escape", "A link target outside the folder.", symlink("other", b".."))):
    refuse(f"program-{name}", "program-entry", comment, payloads=generating(entry))
for name, comment, entries, more in (
        ("generate", "No generate.", [program("other")], {}),
        ("check", "No check, which programs names.", [program("generate")], {"programs": ["generate", "check"]}),
        ("up", "No file for a way up.", [program("generate")], {"steps": [step(1, down=False)]}),
        ("down", "No file for a way back.", [program("1_a.up"), program("generate")], {"steps": [step(1)]}),
        ("mode", "generate cannot be run.", [file("generate")], {}),
        ("step-mode", "A step that cannot be run.", [file("1_a.up"), program("generate")], {"steps": [step(1, down=False)]}),
        ("folder", "generate is a folder.", [folder("generate")], {}),
        ("link", "generate is a symbolic link.", [symlink("generate", b"other")], {}),
        ("below", "generate lies in a folder.", [folder("lib"), program("lib/generate")], {})):
    refuse(f"program-missing-{name}", "program-missing", comment,
           payloads=[config(entries, **{"programs": ["generate"], "steps": [], **more})])
