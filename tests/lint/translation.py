#!/usr/bin/env python3
"""Holds the catalogs of po/: each translates what the sources mark for it, and nothing else.

usage: translation.py TREE [--update]    with --update the catalogs get what the sources mark, to be translated
"""

import pathlib
import subprocess
import sys
import tempfile

# What calls a Speaker of base/translation.h, and what marks the texts of tables.
KEYWORDS = ["--keyword", "--keyword=say", "--keyword=say_", "--keyword=Msgid"]
LAYOUT = ["--no-wrap", "--add-location=file"]


def gettext(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def marked(tree, template):
    sources = sorted(path.relative_to(tree) for folder in ("base", "agent") for path in (tree / folder).rglob("*.cc"))
    gettext("xgettext", f"--directory={tree}", "--language=C++", "--from-code=UTF-8", "--add-comments=TRANSLATORS",
            "--sort-by-file", *KEYWORDS, *LAYOUT, "-o", template, *sources)


def messages(text):
    return [line.removeprefix("msgid ") for line in text.splitlines() if line.startswith("msgid ") and line != 'msgid ""']


def faults(catalog, template):
    """A text that is in one of the two only, or has no translation in the catalog."""
    gettext("msgfmt", "--check-format", "-o", "/dev/null", catalog)
    for text in messages(gettext("msgcomm", "--unique", "--no-wrap", template, catalog)):
        where = "not marked in any source" if text in catalog.read_text() else "missing"
        yield f"{catalog.name}: {where}: {text}"
    for which in ("--untranslated", "--only-fuzzy"):
        for text in messages(gettext("msgattrib", which, "--no-obsolete", "--no-wrap", catalog)):
            yield f"{catalog.name}: not translated: {text}"


def main():
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--update"]):
        print(__doc__, file=sys.stderr)
        return 2
    tree = pathlib.Path(sys.argv[1])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        template = pathlib.Path(folder) / "ignite.pot"
        marked(tree, template)
        count = len(messages(template.read_text()))
        if count < 80:
            found.append(f"only {count} texts are marked in the sources: the keywords are out of date")
        for catalog in sorted((tree / "po").glob("*.po")):
            if sys.argv[2:]:
                gettext("msgmerge", "--quiet", "--update", "--backup=none", "--no-fuzzy-matching", "--sort-by-file",
                        *LAYOUT, catalog, template)
            found += faults(catalog, template)
    print("\n".join(found) or f"{count} texts, each translated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
