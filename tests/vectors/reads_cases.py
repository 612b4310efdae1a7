"""What data a payload reads: `reads` of section 8.3 of payload-format/SPEC.md."""

import json

from builder import config, image, licence, migrations, tree
from case import accept, both, drop, put, refuse

READS = ("payloads", 0, "reads")
MAIN = {"component": "data/main", "from": "17", "to": "20"}


def reads(*ranges):
    return put(*READS, [dict(it) for it in ranges])


accept("reads", "A range of versions of one component of data, one version of another.",
       document=reads(MAIN, {"component": "data/log", "from": "3", "to": "3"}))
accept("reads-nothing", "An empty list.", document=reads())
accept("reads-as-versions", "The ends are compared as versions: 9 is below 10, 2~rc1 below 2, and 1.0 is 1.00.",
       document=reads(dict(MAIN, **{"from": "9", "to": "10"}), {"component": "data/a", "from": "2~rc1", "to": "2"},
                      {"component": "data/b", "from": "1.00", "to": "1.0"}))
accept("reads-keys-for-people", "A key with x- in a range.", document=reads(dict(MAIN, **{"x-why": ["a"]})))
accept("reads-of-other-types", "An image and a configuration that read data.", payloads=[image(), config()],
       document=both(put("payloads", 0, "reads", [MAIN]), put("payloads", 1, "reads", [MAIN])))
accept("reads-of-a-licence", "A licence that reads data.", signers=("licence",), payloads=[licence()],
       document=both(put("kind", "licence"), reads(MAIN)))
accept("reads-of-other-data", "A range that the data of the same bundle is not in: a probe refuses it, a reader does not.",
       payloads=[config(), {**migrations(), "name": "data"}],
       document=reads({"component": "data/greeting", "from": "17", "to": "20"}))
accept("reads-nothing-for-data", "An empty list of a payload that is data itself.", payloads=[migrations()],
       document=reads())
refuse("reads-for-data", "value", "A list of a payload that is data itself.", field="reads",
       payloads=[migrations()], document=reads(MAIN))
refuse("reads-twice", "double-name", "Two ranges of one component.", document=reads(MAIN, dict(MAIN, to="21")))
for key in MAIN:
    refuse(f"missing-key-reads-{key}", "missing-key", f'No "{key}" in a range.', field=key,
           document=both(reads(MAIN), drop(*READS, 0, key)))
refuse("unknown-key-in-reads", "unknown-key", "A key that the page does not name, in a range.", field="more",
       document=reads(dict(MAIN, more=1)))
for number, value in enumerate(({}, None, "data/main 17..20", 1), 1):
    refuse(f"value-reads-{number}", "value", f"{json.dumps(value)} for reads.", field="reads", document=put(*READS, value))
refuse("value-reads-entry", "value", "A range that is no object.", field="reads", document=put(*READS, ["data/main 17..20"]))
VALUES = {
    "component": ("", "main", "data/", "app/main", "os", "config/main", 1, None),
    "from": ("", "a1", "21", "20.1", "1:0", 17, None), "to": ("", "a1", "16", "17~rc1", 20, None),
}
for key, values in VALUES.items():
    for number, value in enumerate(values, 1):
        at_fault = "to" if value in ("21", "20.1", "1:0") else key
        refuse(f"value-reads-{key}-{number}", "value", f"{json.dumps(value)} for {key} of a range of 17 to 20.", field=at_fault,
               document=reads(dict(MAIN, **{key: value})))
