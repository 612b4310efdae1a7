#!/usr/bin/env python3
"""Holds the layering of docs/architecture.md: reads the #include lines of every source and names
each forbidden arrow.

usage: layering.py TREE        check the sources below TREE
       layering.py --self-test plant one violation of each kind and demand that it is found
"""

import pathlib
import re
import sys
import tempfile

# A layer is a folder with all that lies below it. A source belongs to the longest that matches, and
# may include its own layer and those named here. A main (main.cc, *_main.cc, and what lies directly in
# agent/, which the two mains of the probe share) may include all.
LAYERS = {
    "base": [],
    "payload-format": ["base"],
    "packager": ["base", "payload-format", "migrations"],
    "migrations": ["base"],
    "agent/engine": ["base", "payload-format", "migrations"],
}
ABOVE_THE_ENGINE = [
    "handlers", "boot", "services", "health", "inbox", "outbox", "remote", "bus", "cli", "init"
]
for folder in ABOVE_THE_ENGINE:
    LAYERS[f"agent/{folder}"] = ["base", "payload-format", "migrations", "agent/engine"]

# The only places, folders or single files, that may include the headers of a library. A header of
# ours that does so is private to the same places: no other file may include it.
LIBRARIES = {
    r"openssl/": ["payload-format/crypto"],
    r"archive(_entry)?\.h$": ["packager"],
    r"sqlite3(ext)?\.h$": ["base", "migrations"],
    r"curl/": ["agent/health", "agent/remote"],
    r"ini\.h$": ["base"],
    r"systemd/": ["agent/bus", "agent/daemon.cc"],
    r"libpq-fe\.h$": ["migrations"],
    r"zstd(_errors)?\.h$|zdict\.h$": ["payload-format/chunk"],
    r"xxhash\.h$": ["agent/handlers"],
    r"nlohmann/": ["base/json.cc"],
}

ROOTS = ["base", "payload-format", "packager", "migrations", "agent"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def within(path, place):
    return path == place or path.startswith(place + "/")


def within_any(path, places):
    return any(within(path, place) for place in places)


def layer_of(path):
    return max((layer for layer in LAYERS if within(path, layer)), key=len, default=None)


def is_main(path):
    return path.endswith(("_main.cc", "/main.cc")) or re.fullmatch(r"agent/[^/]+", path) is not None


def places_of(header):
    """The places that may include this header of a library, None when everybody may."""
    found = (places for pattern, places in LIBRARIES.items() if re.match(pattern, header))
    return next(found, None)


def read_includes(tree):
    """path -> [(line, name, is ours)] of every source, paths and names relative to the tree."""
    sources = {}
    for root in ROOTS:
        for file in sorted((tree / root).rglob("*")):
            if file.suffix in (".h", ".cc"):
                includes = sources[file.relative_to(tree).as_posix()] = []
                for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
                    if match := INCLUDE.match(line):
                        name = match[1] or match[2]
                        includes.append((number, name, bool(match[1]) or within_any(name, ROOTS)))
    return sources


def check(tree):
    """(number of sources, list of faults)"""
    sources = read_includes(tree)
    fences = {}  # header of ours -> the places of each library that it includes
    for path, includes in sources.items():
        libraries = [places_of(name) for _, name, ours in includes if not ours and places_of(name)]
        if path.endswith(".h") and libraries:
            fences[path] = libraries

    faults = []
    for path, includes in sources.items():
        layer = layer_of(path)
        if layer is None and not is_main(path):
            faults.append(f"{path}: lies in no layer; tests/lint/layering.py names them")
            continue
        for line, name, ours in includes:
            where = f"{path}:{line}"
            for places in fences.get(name, []) if ours else filter(None, [places_of(name)]):
                if not within_any(path, places):
                    allowed = ", ".join(places)
                    faults.append(f"{where}: {name} brings a library that belongs to {allowed}")
            if not ours:
                continue
            if name not in sources:
                faults.append(f"{where}: no {name} in this tree; write the path from the top")
            elif not is_main(path) and layer_of(name) not in (layer, *LAYERS[layer]):
                faults.append(f"{where}: {layer} may not include {name}")
    return len(sources), faults


# The sources of a clean tree, and for each violation what is added to it.
CLEAN = {
    "base/result.h": "#include <string>\n",
    "base/json.cc": "#include <nlohmann/json.hpp>\n",
    "base/sqlite.cc": "#include <sqlite3.h>\n",
    "payload-format/crypto/openssl.h": "#include <openssl/evp.h>\n",
    "payload-format/crypto/key.cc": '#include "payload-format/crypto/openssl.h"\n',
    "payload-format/reader.h": '#include "base/result.h"\n',
    "payload-format/chunk/frame.cc": "#include <zstd.h>\n",
    "packager/build.h": """#include "migrations/engine.h"
                           #include "payload-format/reader.h"\n""",
    "packager/archive_reader.cc": "#include <archive.h>\n",
    "packager/main.cc": '#include "packager/build.h"\n',
    "migrations/engine.h": '#include "base/result.h"\n',
    "agent/engine/handler.h": """#include "migrations/engine.h"
                                 #include "payload-format/reader.h"\n""",
    "agent/handlers/tree.h": '#include "agent/engine/handler.h"\n',
    "agent/inbox/watch.h": '#include "agent/engine/handler.h"\n',
    "agent/inbox/watch.cc": '#include "agent/inbox/watch.h"\n',
    "agent/health/http.cc": "#include <curl/curl.h>\n",
    "agent/daemon.cc": """#include "agent/handlers/tree.h"
                          #include "agent/inbox/watch.h"
                          #include <systemd/sd-event.h>\n""",
    "agent/daemon_main.cc": """#include "agent/handlers/tree.h"
                               #include <string>\n""",
}
VIOLATIONS = [
    ("base/x.cc", '#include "payload-format/reader.h"'),
    ("payload-format/x.cc", '#include "packager/build.h"'),
    ("payload-format/x.cc", '#include "agent/engine/handler.h"'),
    ("payload-format/x.cc", '#include "migrations/engine.h"'),
    ("packager/x.cc", '#include "agent/engine/handler.h"'),
    ("migrations/x.cc", '#include "agent/engine/handler.h"'),
    ("migrations/x.cc", '#include "payload-format/reader.h"'),
    ("agent/engine/x.cc", '#include "agent/handlers/tree.h"'),
    ("agent/engine/x.cc", '#include "packager/build.h"'),
    ("agent/inbox/x.cc", '#include "agent/handlers/tree.h"'),
    ("agent/handlers/x.h", '  #  include "agent/inbox/watch.h"'),
    ("agent/handlers/x.cc", "#include <agent/inbox/watch.h>"),
    ("agent/handlers/x.cc", '#include "base/missing.h"'),
    ("agent/elsewhere/x.cc", "#include <string>"),
    ("agent/handlers/domain.cc", '#include "packager/build.h"'),  # no main, though its name ends so
    ("payload-format/x.cc", "#include <openssl/evp.h>"),
    ("payload-format/x.cc", '#include "payload-format/crypto/openssl.h"'),  # leaks its types
    ("agent/engine/x.cc", "#include <archive_entry.h>"),
    ("agent/engine/x.cc", "#include <sqlite3.h>"),
    ("agent/engine/x.cc", "#include <curl/curl.h>"),
    ("agent/engine/x.h", "#include <ini.h>"),
    ("agent/outbox/x.cc", "#include <systemd/sd-daemon.h>"),
    ("agent/cli_main.cc", "#include <systemd/sd-bus.h>"),  # a main sees our layers, not libraries
    ("packager/x.cc", "#include <zstd.h>"),
    ("base/json.h", "#include <nlohmann/json_fwd.hpp>"),
]


def check_planted(sources):
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        for path, text in sources.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text, encoding="utf-8")
        return check(tree)[1]


def self_test():
    missed = [f"clean tree: {fault}" for fault in check_planted(CLEAN)]
    for path, line in VIOLATIONS:
        faults = check_planted({**CLEAN, path: f'// not one: #include "x.h"\n{line}\n'})
        if len(faults) != 1 or not faults[0].startswith(path):
            missed.append(f"{path} with {line}: reported {faults}")
    print("\n".join(missed) or f"{len(VIOLATIONS)} planted violations, each found")
    return 1 if missed else 0


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    if sys.argv[1] == "--self-test":
        return self_test()
    count, faults = check(pathlib.Path(sys.argv[1]))
    if count == 0:
        faults = [f"no sources below {sys.argv[1]}"]
    print("\n".join(faults) or f"{count} sources keep the layering")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
