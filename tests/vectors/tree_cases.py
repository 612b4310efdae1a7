"""File tables, content and permission: sections 10.2 and 10.3 of payload-format/SPEC.md."""

import struct

from builder import FILE, copy, file, folder, hard_link, os_tree, sha256, symlink, tree
from case import accept, drop, flip, put, refuse

# --- Section 10.2: the file table.


def trees(*entries, **more):
    return [tree([folder(), *entries], **more)]


def tables(change):
    """A bend of the bytes of the standard table: its head, the tree itself and the file `hello`."""
    return [tree(table=change)]


ROOT_AT, HELLO_AT = 16, 16 + 68 + 8
LONG_NAMES = ["n" * 255] * 16
LONG_PATH = "/".join(LONG_NAMES)  # 4095 bytes
LONG_FOLDERS = [folder("/".join(LONG_NAMES[:count])) for count in range(1, 16)]

accept("tree-of-all-types", "A folder, a file, a symbolic link, a hard link and a copy.", payloads=trees(
    folder("bin"), file("bin/hello"), copy("bin/hello-2", 2, mode=0o755), hard_link("hello", 2),
    symlink("link", b"bin/hello")))
accept("tree-plain", "The same in a plain bundle.", plain=True, payloads=trees(
    folder("bin"), file("bin/hello"), copy("bin/hello-2", 2, mode=0o755), hard_link("hello", 2),
    symlink("link", b"bin/hello")))
for component in ("config/greeting", "data/greeting", "licence"):
    refuse(f"tree-component-{component.replace('/', '-')}", "tree-component", f"A tree for {component}.",
           payloads=[{**tree(), "component": component}])
accept("tree-of-nothing", "A tree that holds nothing.", payloads=trees())
accept("tree-of-empty-files", "Files without content, and a copy of one.",
       payloads=trees(file("a", b""), file("b", b""), copy("c", 1, b"")))
accept("tree-numbers-at-their-ends", "The smallest and largest time, and every bit of a folder's mode.", payloads=trees(
    file("a", seconds=-2**63), file("b", seconds=2**63 - 1, nanoseconds=999999999, mode=0), folder("c", mode=0o7777)))
accept("tree-order", "A slash sorts in front of every other byte.", payloads=trees(
    folder("a"), folder("a/b"), file("a/b/c"), file("a/b!"), file("a!"), file("a-b"), file("ab"), file("b"), file("\x7f"),
    file(b"\x80"), file(b"\xff")))
accept("tree-odd-names", "Names of bytes that are no text, a line end, three dots, a backslash.", payloads=trees(
    file(b"\x01"), file(b"\n"), file(b" "), file(b"-"), file(b"..."), file(b".a"), file(b"\\"), file(b"\xc0\x80")))
accept("tree-path-4095", "A path of 4095 bytes of names of 255 bytes.", payloads=trees(*LONG_FOLDERS, file(LONG_PATH)))
accept("tree-target-4095", "A target of 4095 bytes.", payloads=trees(symlink("link", b"x" * 4095)))
accept("tree-accounts", "Account names of all bytes and sizes that there can be.", payloads=trees(
    file("a", owner=b"A" * 32, group=b"z"), file("b", owner=b".", group=b"$"), file("c", owner=b"_a-9.$", group=b"0"),
    owners=["root", "A" * 32, ".", "_a-9.$"], groups=["root", "z", "$", "0"]))

for name, reason, comment, change in (
        ("magic", "table-head", "Another magic.", lambda it: flip(it)),
        ("reserved", "table-head", "The reserved bytes of the head.", lambda it: flip(it, 12)),
        ("no-entries", "table-head", "No entry.", lambda it: it[:8] + bytes(8)),
        ("empty", "table-length", "A table of no bytes.", lambda it: b""),
        ("head-cut", "table-length", "A table of 15 bytes.", lambda it: it[:15]),
        ("entry-cut", "table-length", "It ends in the fixed part of an entry.", lambda it: it[:HELLO_AT + 67]),
        ("path-cut", "table-length", "It ends in the last field of an entry.", lambda it: it[:-1]),
        ("byte-behind", "table-length", "A byte behind the last entry.", lambda it: it + b"\0"),
        ("type-0", "entry-type", "An entry of type 0.", lambda it: flip(it, HELLO_AT, FILE)),
        ("type-6", "entry-type", "An entry of type 6.", lambda it: flip(it, HELLO_AT, FILE ^ 6)),
        ("flags", "entry-reserved", "The reserved byte behind the type.", lambda it: flip(it, HELLO_AT + 1)),
        ("reserved-35", "entry-reserved", "The reserved byte in front of the digest.", lambda it: flip(it, HELLO_AT + 35)),
        ("size-of-path", "table-length", "A path that goes over the end.", lambda it: flip(it, HELLO_AT + 28, 8))):
    refuse(f"table-{name}", reason, comment, payloads=tables(change))
refuse("table-entry-less", "table-count", "The table has an entry less than the spec says.", payloads=trees(file("a"), entries=3))
refuse("table-entry-more", "table-count", "The table has an entry more than the spec says.", payloads=trees(file("a"), entries=1))
refuse("table-entries-1048577", "table-head", "An entry more than there can be, by the head.",
       payloads=tables(lambda it: it[:8] + struct.pack("<I", 1048577) + it[12:]))
refuse("table-entries-largest", "table-head", "2^32 - 1 entries, by the head.",
       payloads=tables(lambda it: it[:8] + b"\xff" * 4 + it[12:]))

for name, reason, comment, payloads in (
        ("mode-10000", "entry-numbers", "A bit more than a mode has.", trees(file("a", mode=0o10000))),
        ("mode-largest", "entry-numbers", "The mode 65535 of a folder.", trees(folder("a", mode=65535))),
        ("nanoseconds", "entry-numbers", "1,000,000,000 nanoseconds.", trees(file("a", nanoseconds=10**9))),
        ("symlink-mode", "entry-numbers", "A symbolic link with the mode 0755.", trees(symlink("a", b"b", mode=0o755))),
        ("folder-size", "entry-unused", "A folder with a size.", trees(folder("a", size=1))),
        ("folder-digest", "entry-unused", "A folder with a digest.", trees(folder("a", digest=sha256(b"")))),
        ("folder-capabilities", "entry-unused", "A folder with capabilities.", trees(folder("a", capabilities=bytes(20)))),
        ("folder-earlier", "entry-unused", "A folder with the number of another entry.",
         trees(file("a"), folder("b", earlier=1))),
        ("folder-target", "entry-unused", "A folder with a target.", trees(folder("a", target=b"b"))),
        ("file-target", "entry-unused", "A file with a target.", trees(file("a", target=b"b"))),
        ("file-earlier", "entry-unused", "A file with the number of another entry.", trees(file("a"), file("b", earlier=1))),
        ("symlink-size", "entry-unused", "A symbolic link with a size.", trees(symlink("a", b"b", size=1))),
        ("symlink-digest", "entry-unused", "A symbolic link with a digest.", trees(symlink("a", b"b", digest=sha256(b"b")))),
        ("symlink-capabilities", "entry-unused", "A symbolic link with capabilities.",
         trees(symlink("a", b"b", capabilities=bytes(20)))),
        ("symlink-earlier", "entry-unused", "A symbolic link with the number of another entry.",
         trees(file("a"), symlink("b", b"a", earlier=1))),
        ("hard-link-mode", "entry-unused", "A hard link with a mode.", trees(file("a"), hard_link("b", 1, mode=0o644))),
        ("hard-link-seconds", "entry-unused", "A hard link with a time.", trees(file("a"), hard_link("b", 1, seconds=1))),
        ("hard-link-nanoseconds", "entry-unused", "A hard link with nanoseconds.",
         trees(file("a"), hard_link("b", 1, nanoseconds=1))),
        ("hard-link-owner", "entry-unused", "A hard link with an owner.", trees(file("a"), hard_link("b", 1, owner=b"root"))),
        ("hard-link-group", "entry-unused", "A hard link with a group.", trees(file("a"), hard_link("b", 1, group=b"root"))),
        ("hard-link-size", "entry-unused", "A hard link with the size of its file.", trees(file("a"), hard_link("b", 1, size=6))),
        ("hard-link-digest", "entry-unused", "A hard link with the digest of its file.",
         trees(file("a"), hard_link("b", 1, digest=sha256(b"hello\n")))),
        ("hard-link-capabilities", "entry-unused", "A hard link with capabilities.",
         trees(file("a"), hard_link("b", 1, capabilities=bytes(20)))),
        ("hard-link-target", "entry-unused", "A hard link with a target.", trees(file("a"), hard_link("b", 1, target=b"a"))),
        ("copy-target", "entry-unused", "A copy with a target.", trees(file("a"), copy("b", 1, target=b"a"))),
        ("root-file", "table-root", "Entry 0 is a file.", [tree([file("")])]),
        ("root-path", "table-root", "Entry 0 has a path.", [tree([folder("a")])]),
        ("path-absolute", "entry-path", "A path that begins with a slash.", trees(file("/a"))),
        ("path-slash", "entry-path", "A path that ends in a slash.", trees(folder("a"), file("a/"))),
        ("path-slashes", "entry-path", "Two slashes in a path.", trees(folder("a"), file("a//b"))),
        ("path-dot", "entry-path", "The path '.'.", trees(file("."))),
        ("path-dots", "entry-path", "The path '..'.", trees(file(".."))),
        ("path-dots-within", "entry-path", "A path with '..'.", trees(folder("a"), file("a/../b"))),
        ("path-dots-at-end", "entry-path", "A path that ends in '..'.", trees(folder("a"), folder("a/.."))),
        ("path-nul", "entry-path", "A path with a NUL.", trees(file(b"a\0b"))),
        ("path-name-256", "entry-path", "A name of 256 bytes.", trees(file("n" * 256))),
        ("path-4096", "entry-path", "A path of 4096 bytes.", trees(
            *LONG_FOLDERS, folder(LONG_PATH[:-2]), file(LONG_PATH[:-2] + "/nn"))),
        ("order", "entry-order", "Entries in another order.", trees(file("b"), file("a"))),
        ("order-of-bytes", "entry-order", "Sorted by bytes, with '-' in front of '/'.",
         trees(folder("a"), file("a-b"), file("a/b"))),
        ("order-signed", "entry-order", "Sorted as if bytes had signs.", trees(file(b"\x80"), file("a"))),
        ("order-folder-behind", "entry-order", "A folder behind what it holds.",
         trees(folder("a"), folder("a/b"), file("a/b/c"), folder("a"))),
        ("path-twice", "entry-order", "A path twice.", trees(file("a"), file("a"))),
        ("root-twice", "entry-order", "The empty path twice.", trees(folder(""))),
        ("folder-missing", "entry-folder", "A path without its folder.", trees(file("a/b"))),
        ("folder-missing-within", "entry-folder", "A path without one of its folders.", trees(folder("a"), file("a/b/c"))),
        ("folder-is-file", "entry-folder", "A path below a file.", trees(file("a"), file("a/b"))),
        ("folder-is-link", "entry-folder", "A path below a symbolic link.", trees(symlink("a", b"."), file("a/b"))),
        ("folder-of-like-name", "entry-folder", "A path whose folder only begins like one.", trees(folder("a"), file("ab/c"))),
        ("owner-empty", "entry-account", "No owner.", trees(file("a", owner=b""))),
        ("group-empty", "entry-account", "No group.", trees(file("a", group=b""))),
        ("owner-33", "entry-account", "An owner of 33 bytes.", trees(file("a", owner=b"a" * 33), owners=["root", "a" * 33])),
        ("owner-dash", "entry-account", "An owner that begins with '-'.", trees(file("a", owner=b"-a"), owners=["root", "-a"])),
        ("owner-space", "entry-account", "An owner with a space.", trees(file("a", owner=b"a b"), owners=["root", "a b"])),
        ("group-colon", "entry-account", "A group with a colon.", trees(file("a", group=b"a:b"), groups=["root", "a:b"])),
        ("group-letter", "entry-account", "A group with a letter that is not ASCII.",
         trees(file("a", group="\u00e9".encode()), groups=["root", "\u00e9"])),
        ("group-33", "entry-account", "A group of 33 bytes.", trees(file("a", group=b"a" * 33), groups=["root", "a" * 33])),
        ("target-empty", "entry-target", "A symbolic link without a target.", trees(symlink("a", b""))),
        ("target-nul", "entry-target", "A target with a NUL.", trees(symlink("a", b"b\0c"))),
        ("target-4096", "entry-target", "A target of 4096 bytes.", trees(symlink("a", b"x" * 4096))),
        ("capabilities-19", "entry-capabilities", "Capabilities of 19 bytes.", trees(file("a", capabilities=bytes(19)), allow=["a"])),
        ("capabilities-21", "entry-capabilities", "Capabilities of 21 bytes.", trees(file("a", capabilities=bytes(21)), allow=["a"])),
        ("capabilities-25", "entry-capabilities", "Capabilities of 25 bytes.", trees(file("a", capabilities=bytes(25)), allow=["a"])),
        ("earlier-self", "entry-earlier", "A hard link to itself.", trees(hard_link("a", 1))),
        ("earlier-later", "entry-earlier", "A hard link to a later file.", trees(hard_link("a", 2), file("b"))),
        ("earlier-largest", "entry-earlier", "A hard link to entry 2^32 - 1.", trees(file("a"), hard_link("b", 2**32 - 1))),
        ("earlier-folder", "entry-earlier", "A hard link to a folder.", trees(hard_link("a", 0))),
        ("earlier-symlink", "entry-earlier", "A hard link to a symbolic link.", trees(symlink("a", b"b"), hard_link("b", 1))),
        ("earlier-hard-link", "entry-earlier", "A hard link to a hard link.",
         trees(file("a"), hard_link("b", 1), hard_link("c", 2))),
        ("earlier-copy", "entry-earlier", "A copy of a copy.", trees(file("a"), copy("b", 1), copy("c", 2))),
        ("earlier-later-copy", "entry-earlier", "A copy of a later file.", trees(copy("a", 2), file("b"))),
        ("copy-size", "copy-differs", "A copy with another size.", trees(file("a"), copy("b", 1, size=5))),
        ("copy-digest", "copy-differs", "A copy with another digest.", trees(file("a"), copy("b", 1, digest=sha256(b"")))),
        ):
    refuse(f"entry-{name}", reason, comment, payloads=payloads)

# --- Section 10.3: content and permission.

for name, comment, more in (
        ("link-absolute", "An absolute target", dict(link=b"/etc/passwd")),
        ("link-dots", "A target that leads out of the tree", dict(link=b"../x")),
        ("link-deep", "A target that leads out and in again", dict(link=b"a/../../tree/x")),
        ("link-dots-alone", "The target '..'", dict(link=b"..")),
        ("link-slashes", "A target with an empty name, which goes nowhere,", dict(link=b"a//../..")),
        ("setuid", "A setuid bit", dict(mode=0o4755)), ("setgid", "A setgid bit", dict(mode=0o2755)),
        ("capabilities-20", "Capabilities of 20 bytes", dict(capabilities=bytes(20))),
        ("capabilities-24", "Capabilities of 24 bytes", dict(capabilities=bytes(24)))):
    it = symlink("it", more["link"]) if "link" in more else file("it", **more)
    refuse(f"permission-{name}", "permission", f"{comment} without permission.", payloads=trees(it))
    accept(f"permission-{name}-allowed", f"{comment} that `allow` permits.", payloads=trees(it, allow=["other", "it"]))
    refuse(f"permission-{name}-other-allowed", "permission", f"{comment} where `allow` has other paths.",
           payloads=trees(it, allow=["i", "it/x", "IT"]))
    accept(f"permission-{name}-os", f"{comment} in the component os.", payloads=[os_tree([folder(), it])])
refuse("permission-copy-setuid", "permission", "A copy with a setuid bit, of a file without.",
       payloads=trees(file("a"), copy("b", 1, mode=0o4755)))
refuse("permission-copy-capabilities", "permission", "A copy with capabilities, of a file without.",
       payloads=trees(file("a"), copy("b", 1, capabilities=bytes(20))))
refuse("permission-link-in-folder", "permission", "A target that goes up twice from one folder.",
       payloads=trees(folder("a"), symlink("a/b", b"../../x")))
accept("permission-not-needed", "What needs no permission: targets inside the tree, setgid folders, a sticky file.",
       payloads=trees(folder("a", mode=0o2775), folder("a/b"), symlink("a/b/c", b"../../a/./b"), symlink("a/d", b".."),
                      file("e", mode=0o1755), symlink("f", b"a//../b"), symlink("g", b"..."), symlink("h", b"./")))
accept("permission-hard-link", "A hard link to a file that may be setuid.",
       payloads=trees(file("a", mode=0o4755), hard_link("b", 1), allow=["a"]))
refuse("owner-not-listed", "account-not-listed", "An owner that `owners` leaves out.", payloads=trees(file("a", owner=b"web")))
refuse("group-not-listed", "account-not-listed", "A group that `groups` leaves out.", payloads=trees(file("a", group=b"web")))
refuse("owner-not-listed-in-os", "account-not-listed", "The same in the component os.",
       payloads=[os_tree([folder(), file("a", owner=b"33")])])
for key in ("owner", "group"):
    for number, name in enumerate((b"daemon", b"00", b"033", b"4294967295", b"10000000000", b".5", b"1_0"), 1):
        refuse(f"{key}-no-id-{number}", "account-no-id", f"{name.decode()} for the {key} of a file of the operating system.",
               payloads=[os_tree([folder(), file("a", **{key: name})], **{f"{key}s": ["0", name.decode()]})])
accept("owner-ids", "Ids from the lowest to the highest, a hard link, which has none, and the same ids without a meaning in an application.",
       payloads=[os_tree([folder(owner=b"4294967294"), file("a", owner=b"33", group=b"4294967294"), hard_link("b", 1)],
                         owners=["33", "4294967294"], groups=["0", "4294967294"]),
                 tree([folder(), file("a", owner=b"033")], owners=["root", "033"])])
refuse("owners-absent", "account-not-listed", "The spec has no `owners`.", document=drop("payloads", 0, "spec", "owners"))
refuse("groups-absent", "account-not-listed", "The spec has no `groups`.", document=drop("payloads", 0, "spec", "groups"))
refuse("content-changed", "content", "Content that is not that of the table.", payloads=[tree(content=flip)])
refuse("content-digest", "content", "A file with the digest of other content.",
       payloads=trees(file("a", digest=sha256(b"other"))))
refuse("content-order", "content", "The content of two files has changed places.",
       payloads=trees(file("a", b"one"), file("b", b"two"), content=lambda it: it[3:] + it[:3]))
refuse("content-of-a-copy", "content-length", "The content of a copy, which the stream must not have.",
       payloads=trees(file("a"), copy("b", 1), content=lambda it: it + it))
refuse("content-less", "content-length", "A byte less than the table says.", payloads=[tree(content=lambda it: it[:-1])])
refuse("content-none", "content-length", "No content for a file that has some.", payloads=[tree(content=lambda it: b"")])
refuse("content-more", "content-length", "A byte more than the table says.", payloads=[tree(content=lambda it: it + b"x")])
refuse("content-without-files", "content-length", "Content where no file is.", payloads=trees(content=lambda it: b"x"))
refuse("content-size-largest", "content-length", "A file of 2^64 - 1 bytes, by the table.",
       payloads=trees(file("a", size=2**64 - 1)))
refuse("content-size-overflow", "content-length", "Two files whose sizes add up to what is there, modulo 2^64.",
       payloads=trees(file("a", b"hello\n", size=2**64 - 1), file("b", b"", size=7)))
