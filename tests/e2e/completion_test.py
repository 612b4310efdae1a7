#!/usr/bin/env python3
"""The completions of bash and zsh, driven as a shell drives them."""

import os
import pathlib
import re
import unittest

import probe as shared
from probe import ProbeTest, run

COMPLETIONS = pathlib.Path(__file__).parents[2] / "completions"
HELD = "ab" * 32

BASH = """
source "$1"; shift
[[ $(complete -p "$1") == *"-F _ignite "* ]] || exit 1
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_ignite "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""

# A shell in a terminal of its own, which tells what is added at a press of the tabulator key, and ends.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT= fpath=('${(q)1}' $fpath)
autoload -Uz compinit && compinit -D -u
compadd() {
  [[ "${@[1,(i)(-|--)]}" != *-(O|A|D)\\ * ]] || { builtin compadd "$@"; return }
  local -a hits
  builtin compadd -A hits "$@"
  (( ! $#hits )) || print -l "HIT "$^hits
  builtin compadd "$@"
}
comppostfuncs=(exit)
bindkey "^I" complete-word
print REA""DY'
zpty -r -m shell answer '*READY*'
zpty -w -n shell $2$'\\t'
while zpty -r shell answer; do print -rn -- $answer; done
"""


class CompletionCase(ProbeTest):
    @classmethod
    def setUpClass(cls):
        if cls is CompletionCase:
            raise unittest.SkipTest("what both shells share")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        for version in ("1.0", "2.0", "3.0"):
            self.probe.install(self.bundle(version))
        self.probe.text("hold")
        self.probe.text("hold", HELD)
        (self.folder / "good.ignite").touch()
        (self.folder / "keys").mkdir()
        self.root = f"--root {self.probe.root}"
        recipe = "[bundle]\n[payload schema]\n[payload $(touch ran)]\n"
        (self.folder / "r.ini").write_text(recipe)
        for name in ("k.key", "k.pub"):
            (self.folder / name).touch()
        self.environment = {"PATH": f"{shared.BIN}:{os.environ['PATH']}", "HOME": str(self.folder)}

    def complete(self, line):
        raise NotImplementedError

    def check(self, line, *expected):
        self.assertEqual(set(self.complete(line)), set(expected), line)

    def help_of(self, *words):
        return run([shared.BIN / words[0], *words[1:], "--help"], 0).stdout.decode()

    def test_every_command_and_option(self):
        for program in ("ignite", "ignite-pack"):
            commands = re.findall(r"^  ([a-z-]+) ", self.help_of(program), re.MULTILINE)
            self.assertGreater(len(commands), 7)
            self.check(f"{program} ", *commands)
        for words in (("ignite", "rollback"), ("ignite-pack", "build")):
            options = re.findall(r"^  (--[a-z-]+)", self.help_of(*words), re.MULTILINE)
            self.assertGreater(len(options), 5)
            self.check(f"{' '.join(words)} --", *options)
        self.check("ignite ro", "rollback")
        self.assertIn("--root", self.complete("ignite --"))
        self.assertIn("rollback", self.complete(f"ignite {self.root} "))

    def test_what_the_appliance_has(self):
        self.check(f"ignite {self.root} rollback --to ", "1", "2")
        self.check(f"ignite rollback {self.root} --to ", "1", "2")
        self.check(f"ignite --root={self.probe.root} rollback --to=", "1", "2")
        self.check(f"ignite {self.root} unhold ", HELD)
        self.check(f"ignite {self.root} show ", "1", "2", "3")
        self.check(f"ignite {self.root} config ", "history", "diff", "show")
        self.check(f"ignite {self.root} config show ", "live")
        self.check(f"ignite {self.root} hold ")

    def test_files_by_what_they_are_for(self):
        folders = ["keys", "root"]
        self.check("ignite install ", "good.ignite", *folders)
        self.check("ignite plan g", "good.ignite")
        self.check("ignite-pack build ", "r.ini", *folders)
        self.check("ignite-pack build --sign ", "k.key", *folders)
        self.check("ignite-pack build r.ini --sign k.key --recipient ", "k.pub", *folders)
        self.check("ignite-pack build r.ini --recipients ", *folders)
        self.check("ignite-pack keygen --role r", "root", "release")
        self.check("ignite-pack keyring --role release=", "k.pub", *folders)
        self.check("ignite-pack keyring --role release=k", "k.pub", *folders[:1])

    def test_what_a_file_says_is_not_run(self):
        found = self.complete("ignite-pack rehearse r.ini --payload ")
        self.assertEqual([name.replace("\\", "") for name in found], ["schema", "$(touch ran)"])
        self.assertFalse((self.folder / "ran").exists())


class BashTest(CompletionCase):
    def complete(self, line):
        words = re.findall(r"=|[^ =]+", line)
        if line.endswith(" "):
            words.append("")
        done = run(["bash", "--norc", "-c", BASH, "bash", COMPLETIONS / "ignite.bash", *words], 0, cwd=self.folder,
                   environment=self.environment)
        self.assertEqual(done.stderr, b"", line)
        return done.stdout.decode().split("\n")[:-1] if done.stdout != b"\n" else []

    def test_a_role_waits_for_its_key(self):
        self.check("ignite-pack keyring --role rel", "release=")


class ZshTest(CompletionCase):
    def complete(self, line):
        done = run(["zsh", "-f", "-c", ZSH, "zsh", COMPLETIONS, line], 0, cwd=self.folder,
                   environment={**self.environment, "TERM": "dumb"})
        self.assertEqual(done.stderr, b"", line)
        return re.findall(r"HIT (.*?)\r?\n", done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
