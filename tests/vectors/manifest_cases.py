"""The members of the manifest: sections 8.3 and 10.1 of payload-format/SPEC.md."""

import json

from builder import file, folder, image, licence, os_tree, tree
from case import accept, both, drop, put, refuse

HTTP = {"name": "web", "type": "http", "timeout-ms": 1, "spec": {"url": "http://a"}}
TCP = {"name": "port", "type": "tcp", "timeout-ms": 86400000, "spec": {"address": "[::1]:65535"}}
UNIT = {"name": "unit", "type": "unit", "timeout-ms": 1000, "spec": {"unit": "web@1.service"}}
COMMAND = {"name": "ready", "type": "command", "timeout-ms": 5000, "spec": {"command": "test -e /run/ready"}}


def full(document):
    """Adds one of everything that the standard manifest does not have."""
    document["health"] = [dict(it, spec=dict(it["spec"])) for it in (HTTP, TCP, COMMAND, UNIT)]
    document["requires"] = ["app/web >= 4.1", "os<2:1-1"]
    document["notes"] = {"en": "new", "fr": "nouveau\n", "": ""}
    document["payloads"][0]["spec"].update(links=[{"from": "", "to": "/etc/greeting"}], units=["hello.service"],
                                           allow=["bin/ping"], users="u greeting - -\n")


accept("manifest-full", "One of everything that a manifest can have.", document=full)
accept("manifest-largest", "Every integer at its upper end.", document=both(
    put("counter", 2**53 - 1), put("epoch", 2**32 - 1), put("payloads", 0, "spec", "bytes", 2**53 - 1)))
accept("manifest-smallest", "Every integer at its lower end, every list empty.", payloads=[], document=both(
    put("counter", 0), put("epoch", 0)))
accept("manifest-without-optional", "Without the keys that may be absent.",
       document=both(drop("requires"), drop("payloads", 0, "spec", "units"), drop("payloads", 0, "spec", "allow")))
accept("notes-x", "A note of a language that begins with x-.", document=put("notes", {"x-en": "new"}))
TWICE = {"from": "hello", "to": "/etc/greeting"}
accept("tree-units-and-links-twice", "Units and links that stand twice, and that the tree does not have.",
       document=lambda it: it["payloads"][0]["spec"].update(units=["lib/a.service", "b.socket"] * 2, links=[
           TWICE, TWICE, {"from": "lib/none", "to": "/etc/none"}]))
accept("tree-accounts-more", "Owners and groups that stand twice, that the table lacks, and that are no account names.",
       document=lambda it: it["payloads"][0]["spec"].update(owners=["root", "root", "u", "", "-a"],
                                                            groups=["a b", "\u00e9\n", "root"]))
OBJECTS = {  # Where the objects of the page are in a full manifest, and the keys that each must have.
    (): ("kind", "product", "version", "counter", "epoch", "compatible", "channel", "notes", "payloads", "health"),
    ("payloads", 0): ("name", "type", "component", "version", "spec", "streams"),
    ("payloads", 0, "streams", 0): ("size", "digest"),
    ("payloads", 0, "spec"): ("path", "links", "users", "entries", "bytes"),
    ("payloads", 0, "spec", "links", 0): ("from", "to"),
    ("health", 0): ("name", "type", "timeout-ms", "spec"),
    ("health", 0, "spec"): ("url",),
    ("health", 1, "spec"): ("address",),
    ("health", 2, "spec"): ("command",),
    ("health", 3, "spec"): ("unit",),
}


def label(path):
    """For the name of a vector: the path without numbers, in the singular."""
    return "-".join({"payloads": "payload", "streams": "stream", "links": "link"}.get(step, str(step))
                    for step in path if step != 0) or "manifest"


for path, keys in OBJECTS.items():
    for key in keys:
        refuse(f"missing-key-{label((*path, key)) if path else key}", "missing-key", f'No "{key}" in {label(path)}.',
               field=key, document=both(full, drop(*path, key)))
    if path[:1] != ("health",) or path == ("health", 0) or path == ("health", 0, "spec"):
        refuse(f"unknown-key-in-{label(path)}", "unknown-key", f"A key that the page does not name, in {label(path)}.",
               field="more", document=both(full, put(*path, "more", 1)))
refuse("unknown-key-upper-case", "unknown-key", "A key that begins with X- instead of x-.", field="X-note",
       document=put("X-note", 1))
refuse("unknown-key-base", "unknown-key", "A key that a later version may name.", field="base", document=put("base", {}))
accept("keys-for-people", "A key with x- in every object.", document=both(full, *(
    put(*path, "x-note", [None, True, {"any": "thing"}]) for path in OBJECTS)))

DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
VALUES = {  # Of the wrong type or out of range; every word that is text has more in words.txt.
    ("kind",): ("Product", "", 1), ("product",): ("", "-a", None), ("version",): ("", "a1", 1),
    ("counter",): (-1, "1", True, None), ("epoch",): (-1, 2**32, "1"), ("compatible",): ("a b", []), ("channel",): (".a", None),
    ("requires",): ("os > 1", ["os"], [1], None), ("notes",): ([], None), ("payloads",): ({}, None), ("health",): ({}, None),
    ("payloads", 0, "name"): ("", 1), ("payloads", 0, "type"): ("", "tr ee", 1),
    ("payloads", 0, "component"): ("", "web", "app/", "os/x", "licence/x", 1), ("payloads", 0, "version"): ("", 1),
    ("payloads", 0, "spec"): ([], None, "tree"), ("payloads", 0, "streams"): ({}, None),
    ("payloads", 0, "streams", 0, "size"): (-1, "1", None),
    ("payloads", 0, "streams", 0, "digest"): (DIGEST[:-1], DIGEST + "0", DIGEST.upper(), "", None),
    ("payloads", 0, "spec", "path"): ("", "/", "opt", "/opt/", "/opt/..", "/\u00e9", 1),
    ("payloads", 0, "spec", "units"): (["hello"], [""], "hello.service", [1], None),
    ("payloads", 0, "spec", "links"): ({}, None),
    ("payloads", 0, "spec", "links", 0, "from"): ("/", "a/..", "..", None),
    ("payloads", 0, "spec", "links", 0, "to"): ("", "etc/x", "/etc/\u00e9", None),
    ("payloads", 0, "spec", "allow"): ([""], ["/a"], ["a/"], "a", [1], None),
    ("payloads", 0, "spec", "users"): ("\u00e9", "\r", "u" * 16385, [], None),
    ("payloads", 0, "spec", "owners"): ("root", [1], None), ("payloads", 0, "spec", "groups"): ("root", [1], None),
    ("payloads", 0, "spec", "entries"): (0, 1048577, "2", None), ("payloads", 0, "spec", "bytes"): (-1, "1", None),
    ("health", 0, "name"): ("", "a b", 1), ("health", 0, "type"): ("", 1), ("health", 0, "timeout-ms"): (0, 86400001, "1", None),
    ("health", 0, "spec"): ([], None), ("health", 0, "spec", "url"): ("ftp://a", "http://", "http://a b", "", None),
    ("health", 1, "spec", "address"): ("a", ":1", "a:0", "a:65536", "a:", "", "[]:1", None),
    ("health", 2, "spec", "command"): ("", "a\nb", "\u00e9", None),
    ("health", 3, "spec", "unit"): ("web", "a/web.service", ".service", "", None),
}
for path, values in VALUES.items():
    for number, value in enumerate(values, 1):
        shown = json.dumps(value)
        refuse(f"value-{label(path)}-{number}", "value",
               f"{shown if len(shown) < 80 else 'A text of too many bytes'} for {label(path)}.", field=path[-1],
               document=both(full, put(*path, value)))
refuse("value-document", "value", "The document is a list.", field="manifest", text=lambda it: b"[" + it + b"]")
refuse("value-note", "value", "A note that is no text.", field="note", document=put("notes", {"en": 1}))
refuse("value-note-x", "value", "A note of a language x-en that is no text.", field="note", document=put("notes", {"x-en": 1}))
for path, field in ((("payloads", 0), "payload"), (("payloads", 0, "streams", 0), "stream"),
                    (("payloads", 0, "spec", "links", 0), "link"), (("health", 0), "health")):
    refuse(f"value-{label(path)}", "value", f"{label(path)} is no object.", field=field, document=both(full, put(*path, "text")))
accept("users-16384", "As much text for users as there can be.", plain=True,
       document=put("payloads", 0, "spec", "users", "u" * 16384))

TWO = [tree(), tree(number=2)]
accept("payloads-two", "Two payloads.", payloads=TWO)
accept("payloads-none", "No payload, so no chunk, an empty INDEX and no PAYLOAD member.", payloads=[])
accept("payloads-12", "Twelve payloads, some without content.",
       payloads=[tree([folder()] if number % 3 else None, number) for number in range(1, 13)])
refuse("double-payload-name", "double-name", "Two payloads of one name.", payloads=TWO,
       document=put("payloads", 1, "name", "greeting"))
refuse("double-component", "double-name", "Two payloads of one component.", payloads=TWO,
       document=put("payloads", 1, "component", "app/greeting"))
refuse("double-check", "double-name", "Two health checks of one name.", document=put("health", [HTTP, dict(TCP, name="web")]))
refuse("chunk-sum-less", "chunk-sum", "The streams have more chunks than HEADER and INDEX say.",
       index=lambda it: [[it[0][0], it[0][1] + it[1][1]]])
refuse("chunk-sum-more", "chunk-sum", "The streams have less chunks than HEADER and INDEX say.",
       index=lambda it: [it[0], [it[1][0], it[1][1] - 1], [it[1][0], 1]])
refuse("chunk-sum-huge", "chunk-sum", "A content of 2^53 - 1 bytes.",
       document=put("payloads", 0, "streams", 1, "size", 2**53 - 1))
refuse("payload-type", "payload-type", "A payload of a type that nobody knows.", document=put("payloads", 0, "type", "unheard-of"))
refuse("payload-type-upper-case", "payload-type", "A payload of type TREE.", document=put("payloads", 0, "type", "TREE"))
refuse("health-type", "health-type", "A health check of a type that nobody knows.",
       document=put("health", [dict(HTTP, type="unheard-of")]))
for kind, signer in (("licence", "licence"), ("order", "engineer")):
    refuse(f"tree-in-{kind}", "payload-kind", f"A tree in a bundle of kind {kind}.", signers=(signer,), document=put("kind", kind))
for count, streams in ((0, lambda it: []), (1, lambda it: it[:1]), (3, lambda it: it + [b"more"])):
    refuse(f"tree-with-{count}-streams", "payload-streams", f"A tree with {count} streams.", payloads=[tree(streams=streams)])

accept("image", "The image of an operating system.", payloads=[image()])
accept("image-and-tree", "An image, and a tree beside it.", payloads=[image(), tree()])
accept("image-of-zeros", "Zeros are content like all else.", payloads=[image(bytes(9000))])
FORMS = [image(), os_tree()]
READS = [{"component": "data/main", "from": "17", "to": "20"}, {"component": "data/log", "from": "1", "to": "1"}]
accept("os-as-a-tree", "The operating system as a tree, with what permission would be needed for in an application.",
       payloads=[os_tree([folder(), file("su", mode=0o4755)])])
for key, value in (("path", "/"), ("path", "/opt/os"), ("units", []), ("links", []), ("allow", []), ("users", "")):
    refuse(f"os-as-a-tree-with-{key}-{len(str(value))}", "unknown-key", f"A tree of the operating system with the key {key}.", field=key,
           payloads=[os_tree(**{key: value})])
for key in ("entries", "bytes"):
    refuse(f"os-as-a-tree-without-{key}", "missing-key", f"A tree of the operating system without {key}.", field=key,
           payloads=[os_tree()], document=drop("payloads", 0, "spec", key))
accept("forms", "The operating system in both forms.", payloads=FORMS)
accept("forms-tree-first", "The tree may come first, and something may stand between them.", payloads=[FORMS[1], tree(), FORMS[0]])
accept("forms-that-read", "Both forms read the same data.", payloads=FORMS,
       document=both(put("payloads", 0, "reads", READS), put("payloads", 1, "reads", READS)))
accept("forms-that-read-nothing", "An empty list of one form, none of the other.", payloads=FORMS, document=put("payloads", 1, "reads", []))
accept("forms-keys-for-people", "Keys with x- do not tell forms apart.", payloads=FORMS,
       document=both(put("payloads", 0, "x-note", 1), put("payloads", 0, "reads", READS),
                     put("payloads", 1, "reads", [dict(READS[0], **{"x-why": "a"}), READS[1]])))
refuse("forms-of-two-versions", "forms", "Two forms of different versions.", payloads=FORMS, document=put("payloads", 1, "version", "1.1"))
refuse("forms-of-equal-versions", "forms", "Versions that are equal, and not the same text.", payloads=FORMS,
       document=put("payloads", 1, "version", "1.00"))
refuse("forms-one-reads", "forms", "One form reads data.", payloads=FORMS, document=put("payloads", 0, "reads", READS))
refuse("forms-read-another-range", "forms", "Two forms that read different ranges.", payloads=FORMS,
       document=both(put("payloads", 0, "reads", READS), put("payloads", 1, "reads", [dict(READS[0], to="21"), READS[1]])))
refuse("forms-read-in-another-order", "forms", "Two forms that read the same in another order.", payloads=FORMS,
       document=both(put("payloads", 0, "reads", READS), put("payloads", 1, "reads", READS[::-1])))
refuse("forms-two-images", "double-name", "Two images.", payloads=[image(), dict(image(), name="more")])
refuse("forms-two-trees", "double-name", "Two trees of the operating system.", payloads=[os_tree(), os_tree(name="more")])
refuse("forms-two-trees-and-an-image", "double-name", "A third payload of the operating system.",
       payloads=[*FORMS, os_tree(name="more")])
refuse("forms-two-images-and-a-tree", "double-name", "The same with two images, of which one comes last.",
       payloads=[*FORMS, dict(image(), name="more")])
refuse("forms-one-name", "double-name", "Two forms of one name.", payloads=[image(), os_tree(name="system")])
refuse("forms-of-an-application", "double-name", "An image and a tree of an application.",
       payloads=[image(component="app/greeting"), tree()])
refuse("forms-tree-wrong", "account-no-id", "Whoever needs the image sees that the tree is wrong where it looks at all of it.",
       payloads=[image(), os_tree([folder(), file(owner=b"web")], owners=["0", "web"])])
refuse("image-component", "image-component", "An image for an application.", payloads=[image(component="app/web")])
refuse("image-empty", "image-empty", "An image without a byte.", payloads=[image(b"")])
refuse("image-with-0-streams", "payload-streams", "An image without a stream.", payloads=[image(streams=[])])
refuse("image-with-2-streams", "payload-streams", "An image with a second stream.", payloads=[image(streams=[b"a", b"b"])])
refuse("image-spec-key", "unknown-key", "The spec of an image has no keys.", field="path",
       payloads=[image(spec={"path": "/"})])
for kind, signer in (("licence", "licence"), ("order", "engineer")):
    refuse(f"image-in-{kind}", "payload-kind", f"An image in a bundle of kind {kind}.", signers=(signer,),
           payloads=[image()], document=put("kind", kind))


def licensed(*bends, **spec):
    """What stands in a bundle for it to carry a licence."""
    return {"signers": ("licence",), "payloads": [licence(**spec)], "document": both(put("kind", "licence"), *bends)}


SPEC = ("payloads", 0, "spec")
SIXTY = "0" * 60
accept("licence", "A licence.", **licensed())
accept("licence-least", "A licence of as little as there can be.",
       **licensed(drop(*SPEC, "serial"), drop(*SPEC, "not-after"), customer="A", features=[], limits={}))
accept("licence-largest", "A licence of as much as there can be.", plain=True, **licensed(
    identities=[f"{number:04x}{SIXTY}" for number in range(1024)], customer="\u00e9" * 128, serial="s" * 256,
    features=[f"f{number}" for number in range(256)], limits={f"l{number}": 2**53 - 1 for number in range(256)},
    issued="1970-01-01", **{"not-after": "9999-12-31"}))
accept("licence-of-one-day", "A licence that ends on the day of its issue, a leap day.",
       **licensed(issued="2024-02-29", **{"not-after": "2024-02-29"}))
accept("licence-keys-for-people", "A key with x- beside those of a licence, and a limit of such a name.",
       **licensed(limits={"x-sensors": 0}, **{"x-note": None}))
for kind, signers in (("product", ("release-1", "release-2", "qa")), ("service-pack", ("release-1", "release-2", "qa")),
                      ("order", ("engineer",))):
    refuse(f"licence-in-{kind}", "payload-kind", f"A licence in a bundle of kind {kind}.", signers=signers, payloads=[licence()],
           document=put("kind", kind))
refuse("licence-component", "licence-component", "A licence for an application.", **licensed(component="app/licence"))
refuse("licence-with-1-streams", "payload-streams", "A licence with a stream.", **licensed(streams=[b"a"]))
refuse("licence-with-an-empty-stream", "payload-streams", "A licence with a stream of no byte.", **licensed(streams=[b""]))
for key in ("identities", "customer", "features", "limits", "issued"):
    refuse(f"missing-key-licence-{key}", "missing-key", f'No "{key}" in a licence.', field=key, **licensed(drop(*SPEC, key)))
refuse("unknown-key-in-licence", "unknown-key", "A key that the page does not name, in a licence.", field="until",
       **licensed(until="2027-12-31"))
LICENCE_VALUES = {
    "identities": ([], [SIXTY + "0000"] * 2, [SIXTY], [SIXTY + "000F"], [1], SIXTY + "0000", None,
                   [f"{number:04x}{SIXTY}" for number in range(1025)]),
    "customer": ("", "a\nb", "\x7f", "\u00e9" * 129, 1), "serial": ("", "a\tb", "s" * 257, None),
    "features": (["flows", "flows"], ["-"], ["a b"], [1], "flows", None, [f"f{number}" for number in range(257)]),
    "limits": ([], {"a b": 1}, {"": 1}, {"a": -1}, {"a": True}, {"a": "1"}, {f"l{number}": 1 for number in range(257)},
               {"x-a b": 1}, {"x-a": "1"}),
    "issued": ("", "2026-02-29", "1969-12-31", "2026-2-01", "2026-11-26 ", "26.11.2026", 0),
    "not-after": ("", "2027-13-01", "2026-11-25", "10000-01-01", None),
}
for key, values in LICENCE_VALUES.items():
    for number, value in enumerate(values, 1):
        shown = json.dumps(value)
        refuse(f"value-licence-{key}-{number}", "value", f"{shown if len(shown) < 80 else 'Too much'} for {key} of a licence.",
               field=key, plain=len(shown) >= 80, **licensed(**{key: value}))
