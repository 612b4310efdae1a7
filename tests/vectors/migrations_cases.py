"""Migrations of databases: section 10.8 of payload-format/SPEC.md. What all folders of programs share is in config_cases.py."""

import json

from builder import SQL, file, folder, meaning, migrations, step, symlink
from case import accept, drop, put, refuse

SPEC = ("payloads", 0, "spec")
TEXTS = [file(path, SQL[path]) for path in sorted(SQL)]


def text(path="1_a.up.sql"):
    return file(path, SQL[path])


def stepping(*entries, up="1_a.up.sql", down="1_a.down.sql", **more):
    """One step, of these files of the folder."""
    steps = [{"number": 1, "name": "a", "up": up, "down": down}]
    return [migrations(entries, **{"steps": steps, "meanings": [meaning()], **more})]


accept("migrations", "A step of SQL and one of programs, both with a way back.", payloads=[migrations()])
accept("migrations-least", "No step, no unit.", payloads=[migrations([], steps=[], meanings=[], units=[])])
accept("migrations-one-way", "SQL without a way back.", payloads=stepping(text(), down="", meanings=[meaning(down="")]))
accept("migrations-program-one-way", "A program without a way back.", payloads=stepping(
    file("1_a.up", mode=0o755), up="1_a.up", down="", meanings=[meaning("", "")]))
accept("migrations-executable-text", "SQL in files that could be run.",
       payloads=stepping(*({**it, "mode": 0o755} for it in TEXTS)))
accept("migrations-traits", "Every trait.", payloads=stepping(
    *TEXTS, meanings=[meaning(traits=("lossy", "non-transactional", "foreign-keys-off"))]))
accept("migrations-traits-twice", "A trait twice, and traits in another order.", payloads=stepping(
    *TEXTS, meanings=[meaning(traits=("foreign-keys-off", "lossy", "non-transactional", "lossy"))]))
accept("migrations-traits-of-a-program", "Every trait of a step of programs.", payloads=[migrations(
    meanings=[meaning(), meaning("", "", ("lossy", "non-transactional", "foreign-keys-off"))])])
accept("migrations-traits-of-postgresql", "A trait that means nothing in PostgreSQL.", payloads=stepping(
    *TEXTS, engine="postgresql", database="dbname=main user=greeting", meanings=[meaning(traits=("foreign-keys-off",))]))
accept("migrations-units-twice", "A unit that stands twice.", payloads=[migrations(units=["greeting.service"] * 2)])
accept("migrations-files-not-named", "A step and queries that the spec leaves out: files like any other.", payloads=stepping(
    TEXTS[0], file("1_a.up", mode=0o755), TEXTS[1], file("3_c.down.sql"), file("verify.sql", b"SELECT 1;\n")))
accept("migrations-verify", "Queries that must find nothing.",
       payloads=stepping(*TEXTS, file("verify.sql", b"SELECT 1 WHERE 0;\n"), verify=True))
accept("migrations-postgresql", "A database of PostgreSQL.",
       payloads=[migrations(engine="postgresql", database="dbname=main host=/run/postgresql port=5432 user=greeting")])
accept("migrations-baseline", "The largest baseline.", payloads=[migrations(baseline=2**53 - 1)])
accept("migrations-keys-for-people", "Keys with x- beside those of migrations and of a meaning.", payloads=[
    migrations(meanings=[{**meaning(), "x-note": []}, meaning("", "")], **{"x-note": {}})])

for kind, signers in (("licence", ("licence",)), ("order", ("engineer",))):
    refuse(f"migrations-in-{kind}", "payload-kind", f"Migrations in a bundle of kind {kind}.", signers=signers,
           payloads=[migrations()], document=put("kind", kind))
for component in ("app/greeting", "os", "config/greeting"):
    refuse(f"migrations-component-{component.replace('/', '-')}", "migrations-component", f"Migrations for {component}.",
           payloads=[migrations(component=component)])
for count, streams in ((0, lambda it: []), (1, lambda it: it[:1]), (3, lambda it: it + [b"more"])):
    refuse(f"migrations-with-{count}-streams", "payload-streams", f"Migrations with {count} streams.",
           payloads=[migrations(streams=streams)])

for number, (engine, database) in enumerate((("postgresql", "/var/lib/greeting/main.db"), ("postgresql", "dbname=main"),
                                             ("sqlite", "dbname=main user=greeting")), 1):
    refuse(f"value-migrations-database-of-{engine}-{number}", "value", f"{database} for a database of {engine}.",
           field="database", payloads=[migrations(engine=engine, database=database)])

# What each key cannot be. A new key has its line here, and its vectors follow.
PATHS = ("", "/", "var/lib/main.db", "/var/../main.db", 1)
VALUES = {
    "engine": ("", "SQLite", "mysql", None), "database": PATHS, "baseline": (-1, "1", None), "verify": ("true", 1, None),
    "units": (["greeting"], ["lib/greeting.service"], [1], "greeting.service", None), "steps": ({}, None),
    "meanings": ({}, None), "entries": (0, 1048577, "4", None), "bytes": (-1, "1", None),
}
MEANING_VALUES = {"traits": (["Lossy"], [""], [1], "lossy", None), "up": (1, None), "down": (1, None)}
for where, what, table, place in (("migrations", "migrations", VALUES, SPEC),
                                  ("meaning", "a meaning", MEANING_VALUES, (*SPEC, "meanings", 0))):
    for key, values in table.items():
        refuse(f"missing-key-{where}-{key}", "missing-key", f'No "{key}" in {what}.', field=key, payloads=[migrations()],
               document=drop(*place, key))
        for number, value in enumerate(values, 1):
            refuse(f"value-{where}-{key}-{number}", "value", f"{json.dumps(value)} for {key} of {what}.", field=key,
                   payloads=[migrations()], document=put(*place, key, value))
    refuse(f"unknown-key-in-{where}", "unknown-key", f"A key that the page does not name, in {what}.", field="path",
           payloads=[migrations()], document=put(*place, "path", "/var"))
refuse("value-migrations-meaning", "value", "A meaning that is no object.", payloads=[migrations(meanings=[1, meaning("", "")])])

DIGEST = meaning()["up"]
for number, (comment, meanings) in enumerate((
        ("No meaning.", []),
        ("A meaning less than steps.", [meaning()]),
        ("A meaning more than steps.", [meaning(), meaning("", ""), meaning("", "")]),
        ("No digest of a text.", [meaning(up=""), meaning("", "")]),
        ("No digest of the text of a way back.", [meaning(down=""), meaning("", "")]),
        ("A digest of a program.", [meaning(), meaning(down="")]),
        ("A digest of the program of a way back.", [meaning(), meaning(up="")]),
        ("A digest that is too short.", [{**meaning(), "up": DIGEST[1:]}, meaning("", "")]),
        ("A digest in upper case.", [{**meaning(), "up": DIGEST.upper()}, meaning("", "")])), 1):
    refuse(f"meanings-{number}", "meanings", comment, payloads=[migrations(meanings=meanings)])
refuse("meanings-nothing", "meanings", "A digest of a way back that is not there.", payloads=stepping(text(), down=""))

for number, (comment, steps) in enumerate((
        ("A suffix that is none of SQL.", [step(1, suffix=".py"), step(2, "b")]),
        ("A suffix in upper case.", [step(1, suffix=".SQL"), step(2, "b")]),
        ("A suffix in front of the direction.", [{**step(1), "up": "1_a.sql.up", "down": ""}, step(2, "b")]),
        ("A text of another number.", [{**step(1, suffix=".sql"), "up": "3_a.up.sql"}, step(2, "b")]),
        ("A text that leads back for the way up.", [{**step(1), "up": "1_a.down.sql", "down": ""}, step(2, "b")]),
        ("Texts out of order.", [step(3, suffix=".sql"), step(2, "b")]),
        ("A program and a text of one number.", [step(1, suffix=".sql"), step(1)])), 1):
    refuse(f"migrations-steps-{number}", "steps", comment, payloads=[migrations(steps=steps)])
refuse("migrations-steps-text-and-program", "steps", "A program that leads back from a text.", payloads=stepping(
    file("1_a.down", mode=0o755), text(), down="1_a.down", meanings=[meaning(down="")]))
refuse("migrations-steps-program-and-text", "steps", "A text that leads back from a program.", payloads=stepping(
    text("1_a.down.sql"), file("1_a.up", mode=0o755), up="1_a.up", meanings=[meaning(up="")]))

for name, comment, entries in (
        ("up", "No text for a way up.", [text("1_a.down.sql")]),
        ("down", "No text for a way back.", [text()]),
        ("folder", "A text that is a folder.", [text("1_a.down.sql"), folder("1_a.up.sql")]),
        ("link", "A text that is a symbolic link.", [text("1_a.down.sql"), symlink("1_a.up.sql", b"1_a.down.sql")])):
    refuse(f"migrations-missing-{name}", "program-missing", comment, payloads=stepping(*entries))
refuse("migrations-missing-verify", "program-missing", "No verify.sql.", payloads=stepping(*TEXTS, verify=True))
refuse("migrations-missing-program", "program-missing", "A program that cannot be run.", payloads=stepping(
    file("1_a.up"), up="1_a.up", down="", meanings=[meaning("", "")]))
for name, comment, entry in (("owner", "A text of another owner.", file("other.sql", owner=b"daemon")),
                             ("mode", "A text that all may write to.", file("other.sql", mode=0o666)),
                             ("escape", "A link target outside the folder.", symlink("other", b".."))):
    refuse(f"migrations-{name}", "program-entry", comment, payloads=stepping(*TEXTS, entry))
