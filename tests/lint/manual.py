#!/usr/bin/env python3
"""Holds the manual pages of docs/man to what the programs and the parsers know, and the other way round: commands,
their arguments and options, exit codes, the keys of agent.ini and of recipes. A help must fit a screen.

IGNITE_BIN names the folder of the programs.

usage: manual.py TREE
"""

import itertools
import os
import pathlib
import re
import shlex
import subprocess
import sys

PROGRAMS = {"ignite": "ignite.1", "ignite-pack": "ignite-pack.1", "ignited": "ignited.8"}
LINES, COLUMNS = 24, 80
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
KEY_LIST = r"\{((?:\s*\"[a-z-]+\",?)+[^}]*)\}"


class Page:
    """A page written with the macros of man(7): `tags` has what stands below each .TP, by its .SH and .SS."""

    def __init__(self, path):
        self.name = path.name
        self.text = path.read_text().replace("\\-", "-")
        self.tags = {}
        place, is_tag = ("", ""), False
        for line in self.text.splitlines():
            macro, _, words = line.partition(" ")
            if macro in (".SH", ".SS"):
                title = self._plain(words, " ")
                place = (title, "") if macro == ".SH" else (place[0], title)
                self.tags[place] = []
            elif is_tag:
                self.tags[place].append(self._plain(words, "" if len(macro) == 3 else " "))
            is_tag = macro == ".TP"

    @staticmethod
    def _plain(words, between):
        return between.join(shlex.split(re.sub(r"\\f.|\\c", "", words.replace("\\(", "("))))

    def subsections(self, section):
        """Title -> tags of each."""
        return {title: tags for (of, title), tags in self.tags.items() if of == section and title}

    def options(self, section, subsection=""):
        return {option for tag in self.tags.get((section, subsection), []) for option in OPTION.findall(tag)}


class Help:
    """What `PROGRAM [COMMAND] --help` prints."""

    def __init__(self, program, *command):
        path = pathlib.Path(os.environ["IGNITE_BIN"]) / program
        self.words = " ".join((program, *command))
        self.text = subprocess.run([path, *command, "--help"], capture_output=True, text=True, check=True).stdout
        self.usage = self.text[: self.text.index(f"\n{self.words}: ")].removeprefix(f"usage: {self.words}").split()
        self.commands = re.findall(r"^  ([a-z][a-z-]*) ", self.text, re.MULTILINE)
        self.table = set(re.findall(r"^  (--?[a-z-]+)", self.text, re.MULTILINE))
        self.exits = set(re.findall(r"\b(\d) [a-z]", self.text.partition("exit codes:")[2]))

    def title(self):
        """As the manual names it: the command and its arguments, which stand before its options."""
        arguments = itertools.takewhile(lambda word: not OPTION.search(word), self.usage)
        return " ".join((self.words.split()[-1], *arguments))


def compare(page, what, told, known):
    faults = [f"{page}: {what} {name} is missing" for name in sorted(known - told)]
    return faults + [f"{page}: nothing knows {what} {name}" for name in sorted(told - known)]


def check_program(program, page):
    """(number of options, faults)"""
    top = Help(program)
    helps = [top, *(Help(program, command) for command in top.commands)]
    everywhere = set(OPTION.findall(" ".join(top.usage))) or top.table
    chapters = {title.split()[0]: title for title in page.subsections("COMMANDS")}
    faults = compare(page.name, "command", set(chapters), set(top.commands))
    faults += compare(page.name, "option", page.options("OPTIONS") - {"-h"}, everywhere)
    faults += compare(page.name, "exit code", set(page.tags[("EXIT STATUS", "")]), top.exits)
    known = everywhere | {"-h"}
    for command, of_command in zip(top.commands, helps[1:]):
        own = of_command.table - everywhere
        known |= own
        title = chapters.get(command, "")
        if title != of_command.title():
            faults.append(f"{page.name}: '{title}' should be '{of_command.title()}'")
        faults += compare(page.name, f"option of {command}", page.options("COMMANDS", title), own)
    faults += [
        f"{page.name}: nothing knows the option {option}"
        for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page.text)) - known)
    ]
    for screen in helps:
        lines = screen.text.splitlines()
        if len(lines) > LINES or max(map(len, lines)) > COLUMNS:
            faults.append(f"{screen.words} --help: {len(lines)} lines, {max(map(len, lines))} columns")
    return len(known), faults


def words_of(text):
    return set(re.findall(r'"([a-z-]+)"', text))


def settings_of(tree):
    """Section -> keys of agent.ini."""
    rows = re.findall(r'\{"([a-z ]+)", "([a-z-]+)", "', (tree / "agent/engine/settings.cc").read_text())
    sections = {}
    for section, key in rows:
        sections.setdefault(f"[{section}]", set()).add(key)
    return sections


def recipe_of(tree):
    """Section, with its type, -> keys of a recipe."""
    source = (tree / "packager/recipe.cc").read_text()
    of_bundle, of_health = re.findall(r"RefuseUnknownKeys\(" + KEY_LIST, source)
    of_payload = re.search(r"std::vector<std::string_view> keys = " + KEY_LIST, source)[1]
    sections = {
        "[bundle]": words_of(of_bundle),
        "[payload NAME]": words_of(of_payload),
        "[health NAME]": words_of(of_health),
    }
    headers = "".join(path.read_text() for path in sorted((tree / "payload-format").rglob("*_spec.h")))
    names = dict(re.findall(r"struct (\w+) \{[^}]*?kType = \"([a-z]+)\"", headers))
    types = (tree / "packager/payload_type.cc").read_text()
    for spec, keys in re.findall(r"\{format::(\w+)::kType,\s*format::\w+::BelongsTo,\s*" + KEY_LIST, types):
        sections[f"[payload NAME], type = {names[spec]}"] = words_of(keys)
    checks = (tree / "payload-format/manifest/health_spec.cc").read_text()
    for name, parameter in re.findall(r'^      \{"([a-z]+)", "([a-z]+)", "', checks, re.MULTILINE):
        sections[f"[health NAME], type = {name}"] = {parameter}
    return sections


def check_keys(page, known, titles_are_lists=False):
    """(number of keys, faults)"""
    told = {}
    for title, tags in page.subsections("SECTIONS").items():
        for section in title.split(", ") if titles_are_lists else [title]:
            told[section] = {tag.partition(" =")[0] for tag in tags}
    faults = compare(page.name, "section", set(told), set(known))
    for section in sorted(set(known) & set(told)):
        faults += compare(page.name, f"key of {section}", told[section], known[section])
    return sum(map(len, known.values())), faults


def check_form(tree, pages):
    packaged = [line for path in (tree / "debian").glob("*.manpages") for line in path.read_text().split()]
    faults = compare("debian", "page", set(packaged), {f"docs/man/{page.name}" for page in pages})
    for page in pages:
        command = ["mandoc", "-Tlint", "-W", "warning", tree / "docs/man" / page.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        faults += done.stdout.splitlines()
    return faults


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    tree = pathlib.Path(sys.argv[1])
    pages = {path.name: Page(path) for path in sorted((tree / "docs/man").iterdir())}
    options = keys = 0
    faults = check_form(tree, pages.values())
    for program, name in PROGRAMS.items():
        count, found = check_program(program, pages[name])
        options, faults = options + count, faults + found
    for name, known, lists in (
        ("ignite-agent.ini.5", settings_of(tree), True),
        ("ignite-recipe.5", recipe_of(tree), False),
    ):
        count, found = check_keys(pages[name], known, lists)
        keys, faults = keys + count, faults + found
    for document, programs in (("docs/operations.md", ("ignite",)), ("docs/json.md", ("ignite", "ignite-pack"))):
        text = (tree / document).read_text()
        for words in (f"{program} {command}" for program in programs for command in Help(program).commands):
            if f"`{words}" not in text:
                faults.append(f"{document} does not tell of {words}")
    if options < 30 or keys < 60:
        faults.append(f"only {options} options and {keys} keys were found: the patterns are out of date")
    print("\n".join(faults) or f"{options} options and {keys} keys, each in its page")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
