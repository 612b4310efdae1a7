#!/usr/bin/env python3
"""Deletes each check of the verifier in turn, and holds that a test fails for every one.

usage: verifier.py SOURCE BUILD [WORD...]    with WORDs only checks whose names hold one of them
       verifier.py --list SOURCE             name the checks, and hold that equivalent.txt names no others

The checks (checks.py says what is one) are made deletable in a copy of the sources below BUILD, which is compiled once;
an environment variable then names the one that is deleted. Those suites of the unit tests, and classes of PROGRAM_TESTS, in
which it refuses run, the quick ones first, until one fails; in the end also the comparison with the second reader.
equivalent.txt lists, with reasons, the checks that nothing can tell from their absence. Needs root, as PROGRAM_TESTS do.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import checks

# Everything between the bytes of a bundle and a probe, and what else would be refused in each that no pattern finds.
FILES = {
    "base/bytes.cc": [],
    "base/digest.h": [],
    "base/json.cc": [
        ("value.find('\\0') == std::string::npos ?", "!KEPT || value.find('\\0') == std::string::npos ?"),
        ('return Fail("a floating-point number");', 'return KEPT ? Fail("a floating-point number") : Place(Json());'),
    ],
    "payload-format/verified_bundle.cc": [
        ("return input_.ReadEnd();", "return KEPT ? input_.ReadEnd() : Result<>();"),
    ],
    "payload-format/members.cc": [],
    "payload-format/payload_members.cc": [],
    "payload-format/container/header.cc": [],
    "payload-format/container/index.cc": [],
    "payload-format/container/recipients.cc": [],
    "payload-format/container/signatures.cc": [],
    "payload-format/container/ustar.cc": [],
    "payload-format/chunk/chunk_codec.cc": [],
    "payload-format/config/config_spec.cc": [
        ('(void)fields.Required("programs");', 'if (KEPT) (void)fields.Required("programs");'),
    ],
    "payload-format/crypto/aead.cc": [],
    "payload-format/crypto/hpke.cc": [],
    "payload-format/crypto/key.cc": [("message.size()) == 1;", "message.size()) == 1 || !KEPT;")],
    "payload-format/data/database_address.cc": [],
    "payload-format/data/migrations_spec.cc": [
        ("return digest.empty();", "return digest.empty() || !KEPT;"),
        ('(void)fields.Required("traits");', 'if (KEPT) (void)fields.Required("traits");'),
        ('(void)fields.Required("units");', 'if (KEPT) (void)fields.Required("units");'),
        ("if (spec.has_verify) spec", "if (spec.has_verify && KEPT) spec"),
    ],
    "payload-format/image/image_spec.cc": [
        ('return JsonFields(payload.spec, "image").Finish();',
         'return KEPT ? JsonFields(payload.spec, "image").Finish() : Result<>();'),
    ],
    "payload-format/licence/licence_spec.cc": [],
    "payload-format/manifest/data_range.cc": [],
    "payload-format/manifest/health_spec.cc": [],
    "payload-format/manifest/kind.cc": [],
    "payload-format/manifest/manifest.cc": [
        ("names.insert(payload.name).second", "(names.insert(payload.name).second || !KEPT)"),
        ("return AreForms(payload, *other);", "return AreForms(payload, *other) || !KEPT;"),
        ("checks.insert(check.name).second", "(checks.insert(check.name).second || !KEPT)"),
    ],
    "payload-format/manifest/places.cc": [
        ("if (found != places_.end()) in", "if (found != places_.end() && KEPT) in"),
    ],
    "payload-format/manifest/unit_name.cc": [],
    "payload-format/manifest/version.cc": [],
    "payload-format/steps/program_folder.cc": [],
    "payload-format/steps/step.cc": [("if (found == steps) return", "if (found == steps || !KEPT) return")],
    "payload-format/tree/table.cc": [
        ("if (target.starts_with('/')) return true;", "if (target.starts_with('/') && KEPT) return true;"),
        ("if (depth < 0) return true;", "if (depth < 0 && KEPT) return true;"),
    ],
    "payload-format/tree/tree_spec.cc": [],
    "payload-format/trust/keyring.cc": [
        ("count >= role_keys.threshold", "(count >= role_keys.threshold || !KEPT)"),
        ("required.push_back(Role::kRelease);", "if (KEPT) required.push_back(Role::kRelease);"),
        ("required.push_back(Role::kQa);", "if (KEPT) required.push_back(Role::kQa);"),
        ("required.push_back(Role::kLicence);", "if (KEPT) required.push_back(Role::kLicence);"),
        ("required.push_back(Role::kEngineer);", "if (KEPT) required.push_back(Role::kEngineer);"),
    ],
    "migrations/rehearsal.cc": [],
    "packager/payload_check.cc": [],
    "packager/tree_check.cc": [],
    "agent/boot/boot.cc": [],
    "agent/boot/command_boot.cc": [],
    "agent/boot/container_boot.cc": [],
    "agent/boot/grub_boot.cc": [],
    "agent/boot/grub_environment.cc": [],
    "agent/engine/engine.cc": [],
    "agent/engine/examination.cc": [],
    "agent/engine/policy.cc": [("if (unknown.empty()) return", "if (unknown.empty() || !KEPT) return")],
    "agent/engine/space.cc": [("if (demand.Fits()) continue;", "if (demand.Fits() || !KEPT) continue;")],
    "agent/engine/space.h": [
        ("bytes <= space.free_bytes", "(bytes <= space.free_bytes || !KEPT)"),
        ("inodes <= space.free_inodes", "(inodes <= space.free_inodes || !KEPT)"),
    ],
    "agent/engine/slot_trial.cc": [],
    "agent/handlers/bundle_program.cc": [],
    "agent/handlers/config_handler.cc": [
        ("if (base && *base != TRY(BaseOf(change)))", "if (base && *base != TRY(BaseOf(change)) && KEPT)"),
        ("!is_there || TRY(HashFolder(files_, release)).Hex() != versions.back().digest",
         "!is_there || (TRY(HashFolder(files_, release)).Hex() != versions.back().digest && KEPT)"),
    ],
    "agent/handlers/config_versions.cc": [],
    "agent/handlers/config_workshop.cc": [
        ("account.network = false;", "account.network = !KEPT;"),
        ("account.writable = {copy, temporary};", "if (KEPT) account.writable = {copy, temporary};"),
        ("entry.info.mode & model.mode & 0777;", "KEPT ? entry.info.mode & model.mode & 0777 : entry.info.mode;"),
    ],
    "agent/handlers/data_mover.cc": [],
    "agent/handlers/data_rehearsal.cc": [],
    "agent/handlers/data_snapshots.cc": [],
    "agent/handlers/database_access.cc": [],
    "agent/handlers/fixed_links.cc": [],
    "agent/handlers/image_handler.cc": [],
    "agent/handlers/licence_handler.cc": [("if (is_ours) return", "if (is_ours || !KEPT) return")],
    "agent/handlers/migration_course.cc": [
        ("if (HasDigest(loaded, EngineOf(spec), digest)) return", "if (HasDigest(loaded, EngineOf(spec), digest) || !KEPT) return"),
        ("if (!step.down || step.traits.lossy) {", "if ((!step.down || step.traits.lossy) && KEPT) {"),
        ("if (to.baseline > 0) return", "if (to.baseline > 0 || !KEPT) return"),
        ("return state.release == from->release &&", "return (state.release == from->release || !KEPT) &&"),
        ("state.version == static_cast<int64_t>(from->spec.Level());",
         "(state.version == static_cast<int64_t>(from->spec.Level()) || !KEPT);"),
        ("return !state.is_managed;", "return !state.is_managed || !KEPT;"),
        ("|= !step.IsReversible();", "|= !step.IsReversible() && KEPT;"),
        ("course.needs_snapshot = true;", "course.needs_snapshot = KEPT;"),
    ],
    "agent/handlers/migrations_handler.cc": [
        ("if (sides.to && sides.to->spec.has_verify) {", "if (sides.to && sides.to->spec.has_verify && KEPT) {"),
    ],
    "agent/handlers/os_tree_handler.cc": [],
    "agent/handlers/program_store.cc": [],
    "agent/handlers/slot_folder.cc": [],
    "agent/handlers/slot_handler.cc": [],
    "agent/handlers/slot_image.cc": [],
    "agent/handlers/slot_notes.cc": [],
    "agent/handlers/tree_handler.cc": [],
    "agent/handlers/tree_staging.cc": [],
}

SWITCHES = """\
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace verifier {

inline constexpr int kChecks = %d;

/// Which checks refused, written where VERIFIER_REACHED names a file.
struct Reached {
  bool checks[kChecks];
  ~Reached() {
    const char* path = getenv("VERIFIER_REACHED");
    FILE* file = path == nullptr ? nullptr : fopen(path, "a");
    if (file == nullptr) return;
    for (int i = 0; i < kChecks; ++i) {
      if (checks[i]) fprintf(file, "%%d\\n", i);
    }
    fclose(file);
  }
};
inline Reached reached;

/// False for the one that VERIFIER_DELETED names.
inline bool Kept(int check) {
  static const char* const text = getenv("VERIFIER_DELETED");
  static const int deleted = text == nullptr ? -1 : atoi(text);
  reached.checks[check] = true;
  return check != deleted;
}
inline int64_t Low(int check, int64_t bound) { return Kept(check) ? bound : INT64_MIN; }
inline int64_t High(int check, int64_t bound) { return Kept(check) ? bound : INT64_MAX; }

}  // namespace verifier

/// A TRY whose Error can be passed over.
#define VERIFIER_TRY(check, ...)                                  \\
  {                                                               \\
    auto verifier_result = (__VA_ARGS__);                         \\
    if (!verifier_result.has_value() && ::verifier::Kept(check))  \\
      return std::move(verifier_result).error();                  \\
  }
"""

# What only the real programs do: they need a database's owner, and an account for programs.
PROGRAM_TESTS = ("data_test.py", "config_test.py", "os_test.py")
QUICK_SECONDS = 0.5
AGREEMENT_BUNDLES = "500"
EQUIVALENTS = "tests/mutants/equivalent.txt"


def put(path, data):
    """Leaves a file that is as it should be, so that it is not compiled again."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def rewrite_all(source):
    """The files with deletable checks, and the names of these."""
    texts, names = {}, []
    for name, extras in FILES.items():
        text, found = checks.rewrite((source / name).read_text(), name, len(names), extras)
        texts[name] = f'#include "verifier_switches.h"\n{text}'.encode()
        names += found
    return texts, names


def copy_sources(source, copy):
    """Makes the copy, and gives the names of its checks."""
    listed = subprocess.run(["git", "-C", source, "ls-files", "-z"], check=True, capture_output=True).stdout
    texts, names = rewrite_all(source)
    for name in filter(None, listed.decode().split("\0")):
        put(copy / name, texts.get(name) or (source / name).read_bytes())
        (copy / name).chmod((source / name).stat().st_mode)
    put(copy / "verifier_switches.h", (SWITCHES % len(names)).encode())
    return names


def build(copy, folder):
    command = ["cmake", "-S", copy, "-B", folder, "-G", "Ninja", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
               "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold", "-DCMAKE_CXX_FLAGS=-w -D_GLIBCXX_ASSERTIONS"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    targets = ["ignite-unit-tests", "ignite-format-oracle", "ignite", "ignited", "ignite-pack"]
    subprocess.run(["cmake", "--build", folder, "--target", *targets], check=True)


class Tests:
    def __init__(self, source, folder):
        self.program = folder / "tests/ignite-unit-tests"
        self.programs = [folder / f"bin/{name}" for name in ("ignite", "ignited", "ignite-pack")]
        self.classes = {}  # Of PROGRAM_TESTS, with their scripts.
        for script in (source / "tests/e2e" / name for name in PROGRAM_TESTS):
            self.classes.update((name, script) for name in re.findall(r"^class (\w+Test)\(", script.read_text(), re.MULTILINE))
        self.agreement = ["/usr/bin/python3", source / "tests/reader/agreement.py",
                          folder / "tests/ignite-format-oracle", AGREEMENT_BUNDLES, "1"]
        self.seconds, self.reached = {}, {}

    def pass_all(self, command, seconds, **environment):
        """A crash or a hang is a failure like any other, and takes along what it has started."""
        command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", *command]
        with tempfile.TemporaryDirectory() as folder:
            self.wrap_programs(pathlib.Path(folder, "bin"), environment)
            environment = {**os.environ, **environment, "TMPDIR": folder, "IGNITE_BIN": f"{folder}/bin"}
            process = subprocess.Popen(command, env=environment, cwd=folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                return process.wait(seconds) == 0
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                return False

    def wrap_programs(self, folder, environment):
        """The tests give the programs an environment of their own."""
        folder.mkdir()
        exports = "".join(f"export {name}='{value}'\n" for name, value in environment.items())
        for program in self.programs:
            (folder / program.name).write_text(f"#!/bin/sh\n{exports}exec '{program}' \"$@\"\n")
            (folder / program.name).chmod(0o755)

    def suites_pass(self, suites, seconds, **environment):
        if suites[0] in self.classes:
            command = [sys.executable, self.classes[suites[0]], "--failfast", suites[0]]
            return self.pass_all(command, seconds, **environment)
        pattern = ":".join(f"{suite}*" for suite in suites)
        return self.pass_all([self.program, "--gtest_brief=1", "--gtest_fail_fast", f"--gtest_filter={pattern}"], seconds,
                             **environment)

    def learn(self):
        """Which suites there are, how long each takes, and which checks it reaches. All must pass as they are."""
        listed = subprocess.run([self.program, "--gtest_list_tests"], check=True, capture_output=True, text=True).stdout
        with tempfile.TemporaryDirectory() as folder:
            suites = [line.split()[0] for line in listed.splitlines() if line.endswith(".") or ".  #" in line]
            for suite in (*suites, *self.classes):
                path, begin = pathlib.Path(folder, str(len(self.seconds))), time.monotonic()
                if not self.suites_pass([suite], 600, VERIFIER_REACHED=str(path)):
                    raise SystemExit(f"{suite} fails with every check in place")
                self.seconds[suite] = time.monotonic() - begin
                self.reached[suite] = {int(line) for line in path.read_text().split()}

    def killer(self, check):
        """What fails without this check; None where nothing does."""
        suites = sorted((suite for suite in self.seconds if check in self.reached[suite]), key=self.seconds.get)
        quick = [suite for suite in suites if self.seconds[suite] <= QUICK_SECONDS]
        rounds = ([quick] if quick else []) + [[suite] for suite in suites if suite not in quick]
        for suites in rounds:
            limit = 30 + 10 * sum(self.seconds[suite] for suite in suites)
            if not self.suites_pass(suites, limit, VERIFIER_DELETED=str(check)):
                return suites[0] if len(suites) == 1 else "the quick suites"
        if not self.pass_all(self.agreement, 300, VERIFIER_DELETED=str(check)):
            return "the comparison with the second reader"
        return None


def read_equivalents(path):
    """Lines with the name of a check, each with its reason in indented lines behind it."""
    reasons, name = {}, None
    for line in path.read_text().splitlines():
        if line.startswith("  ") and name:
            reasons[name] = f"{reasons[name]} {line.strip()}".strip()
        elif line and not line.startswith("#"):
            name = line
            reasons[name] = ""
    return reasons


def list_checks(source):
    names = rewrite_all(source)[1]
    print("\n".join(names))
    unknown = read_equivalents(source / EQUIVALENTS).keys() - set(names)
    for name in unknown:
        print(f"{EQUIVALENTS} names what is no check: {name}", file=sys.stderr)
    return 1 if unknown else 0


def main(source, folder, words):
    names = copy_sources(source, folder / "source")
    build(folder / "source", folder / "build")
    tests = Tests(source, folder / "build")
    tests.learn()
    chosen = [number for number, name in enumerate(names) if not words or any(word in name for word in words)]
    if not chosen:
        raise SystemExit("there is no such check")
    reasons = read_equivalents(source / EQUIVALENTS)
    survivors, killed, begin = [], {}, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, killer in zip(chosen, pool.map(tests.killer, chosen)):
            if killer:
                killed[names[number]] = killer
            else:
                survivors.append(names[number])
                print(f"{'explained' if names[number] in reasons else 'SURVIVES'}: {names[number]}", flush=True)
    unexplained = [name for name in survivors if not reasons.get(name)]
    stale = [name for name in reasons if name in killed or name not in names]
    for name in stale:
        print(f"STALE in equivalent.txt: {name}")
    print(f"{len(chosen)} checks in {len(FILES)} files: {len(killed)} are missed by a test, {len(survivors)} survive, "
          f"{len(survivors) - len(unexplained)} of them explained; {time.monotonic() - begin:.0f} s")
    for killer in sorted(set(killed.values())):
        print(f"{sum(value == killer for value in killed.values())}\tby {killer}")
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__.split("\n\n")[1])
    if sys.argv[1] == "--list":
        sys.exit(list_checks(pathlib.Path(sys.argv[2])))
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:]))
