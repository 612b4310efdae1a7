#include "tests/fakes/fake_probe.h"

#include <fstream>
#include <iterator>

#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/must.h"

namespace ignite::fakes {
namespace {

using engine::Verdict;

std::string Words(std::string_view verb, const std::vector<engine::Unit>& units) {
  std::string words(verb);
  for (const engine::Unit& unit : units) words += StrCat(" ", unit.name);
  return words;
}

format::TreeEntry Entry(format::EntryType type, std::string path, uint32_t mode) {
  format::TreeEntry entry;
  entry.type = type;
  entry.path = std::move(path);
  entry.mode = mode;
  entry.mtime = {1'700'000'000, 5};
  entry.owner = "root";
  entry.group = "root";
  return entry;
}

std::unique_ptr<format::StreamSource> Stream(Bytes bytes) {
  return std::make_unique<format::MemoryStream>(std::move(bytes));
}

Bytes ToBytes(std::string_view text);

/// A link to a place outside, which an application's tree would not be allowed, and the system.
void AddOsTree(format::BundlePlan& plan, const BundleRecipe& recipe) {
  std::vector<format::TreeEntry> entries = {Entry(format::EntryType::kDirectory, "", 0755),
                                            Entry(format::EntryType::kDirectory, "run", 0755),
                                            Entry(format::EntryType::kSymlink, "run/init", 0777),
                                            Entry(format::EntryType::kFile, "system", 04755)};
  entries[2].target = "/lib/systemd/systemd";
  entries[3].size = recipe.os_tree.size();
  entries[3].digest = format::Sha256(AsBytes(recipe.os_tree));
  format::TreeSpec spec;
  spec.owners = spec.groups = {"0"};
  format::TableWriter table;
  for (format::TreeEntry& entry : entries) {
    entry.owner = entry.group = "0";
    table.Add(entry);
    spec.bytes += format::TreeSpec::DiskBytes(entry);
  }
  spec.entries = entries.size();
  plan.manifest.payloads.push_back({"tree", "tree", "os", recipe.version, spec.ToJson(), {}});
  plan.sources.emplace_back();
  plan.sources.back().push_back(Stream(std::move(table).Finish()));
  plan.sources.back().push_back(Stream(ToBytes(recipe.os_tree)));
}

Bytes ToBytes(std::string_view text) { return Bytes(AsBytes(text).begin(), AsBytes(text).end()); }

}  // namespace

Result<> FakeServices::Stop(const std::vector<engine::Unit>& units) {
  log.push_back(Words("stop", units));
  if (failing_stops > 0) {
    --failing_stops;
    return Error{ErrorCode::kIo, "the units do not stop", "look at them"};
  }
  for (const engine::Unit& unit : units) running.erase(unit.name);
  return {};
}

Result<> FakeServices::Start(const std::vector<engine::Unit>& units) {
  log.push_back(Words("start", units));
  if (failing_starts > 0) {
    --failing_starts;
    return Error{ErrorCode::kIo, "the units do not start", "look at them"};
  }
  for (const engine::Unit& unit : units) running.insert(unit.name);
  return {};
}

Result<> FakeServices::Publish(const std::vector<engine::Unit>& units) {
  published = units;
  return {};
}

Result<> FakeServices::CheckRunning(const std::string& unit) {
  if (running.contains(unit)) return {};
  return Error{ErrorCode::kIo, StrCat(unit, " does not run"), "look at it"};
}

Result<> FakeHealth::Attempt(const format::HealthCheckInfo& check, std::chrono::milliseconds) {
  ++attempts;
  int& failures = failures_first[check.name];
  if (failures > 0)
    --failures;
  else if (!failing.contains(check.name))
    return {};
  return Error{ErrorCode::kIo, "it is not well", "none"};
}

FakeProbe::FakeProbe()
    : paths(folder.path()),
      files(*real_files),
      handlers(files, *process, clock, paths, settings, identities, boot) {
  settings.product = "netprobe";
  settings.compatible = "box";
  settings.trial = std::chrono::milliseconds(5'000);
  settings.threads = 1;
  identities.push_back(CopyOf(Keys().identity));
}

Bytes FakeProbe::Bundle(const BundleRecipe& recipe) {
  return Bundle(recipe, {&Keys().release, &Keys().qa});
}

Bytes FakeProbe::Bundle(const BundleRecipe& recipe,
                        const std::vector<const format::PrivateKey*>& signers) {
  format::TableWriter table;
  table.Add(Entry(format::EntryType::kDirectory, "", 0755));
  format::TreeEntry link = Entry(format::EntryType::kSymlink, "a-link", 0777);
  link.target = "version.txt";
  table.Add(link);
  format::TreeEntry file = Entry(format::EntryType::kFile, "version.txt", 0644);
  file.size = recipe.version.size();
  file.digest = format::Sha256(AsBytes(recipe.version));
  table.Add(file);

  format::TreeSpec spec;
  spec.path = recipe.path;
  spec.units = {"web.service"};
  if (recipe.with_link) spec.links = {{"version.txt", "/etc/web.conf"}};
  spec.owners = recipe.owners;
  spec.groups = recipe.groups;
  spec.entries = 3;
  spec.bytes = recipe.bytes;

  format::BundlePlan plan;
  plan.manifest.kind = recipe.kind;
  plan.manifest.product = recipe.product;
  plan.manifest.version = recipe.version;
  plan.manifest.counter = recipe.counter;
  plan.manifest.epoch = recipe.epoch;
  plan.manifest.compatible = recipe.compatible;
  for (const std::string& text : recipe.requirements)
    plan.manifest.requirements.push_back(*format::Requirement::Parse(text));
  for (const std::string& name : recipe.checks)
    plan.manifest.health.push_back({name, "fake", 3'000, Json::EmptyObject()});
  plan.manifest.payloads.push_back(
      {"web", "tree", recipe.component, recipe.version, spec.ToJson(), {}});
  for (const std::string& text : recipe.reads)
    plan.manifest.payloads[0].reads.push_back(*format::DataRange::Parse(text));
  plan.sources.emplace_back();
  plan.sources[0].push_back(Stream(std::move(table).Finish()));
  plan.sources[0].push_back(Stream(ToBytes(recipe.version)));
  if (!recipe.os_tree.empty() && recipe.os_tree_first) AddOsTree(plan, recipe);
  if (!recipe.image.empty()) {
    plan.manifest.payloads.push_back(
        {"system", "image", "os", recipe.version, Json::EmptyObject(), {}});
    plan.sources.emplace_back();
    plan.sources.back().push_back(Stream(ToBytes(recipe.image)));
  }
  if (!recipe.os_tree.empty() && !recipe.os_tree_first) AddOsTree(plan, recipe);
  for (const format::PrivateKey* signer : signers) plan.signers.push_back(SignerOf(*signer));
  plan.recipients.push_back(Keys().identity.public_key());
  plan.chunk_size = format::kMinChunkSize;
  plan.threads = 1;
  return Build(std::move(plan));
}

engine::Parts FakeProbe::parts() {
  return {paths,    settings, Keys().keyring, identities, files, clock,
          services, health,   handlers,       boot,       boot};
}

Result<Verdict> FakeProbe::Install(const BundleRecipe& recipe, engine::Origin origin) {
  return InstallBytes(Bundle(recipe), origin);
}

Result<Verdict> FakeProbe::InstallBytes(const Bytes& bundle, engine::Origin origin) {
  engine::Parts all = parts();
  return engine::Engine(all).Install({MakeMemoryFile(bundle), "test.ignite", origin}, observer);
}

Result<Verdict> FakeProbe::Rollback(std::optional<int64_t> to) {
  engine::Parts all = parts();
  return engine::Engine(all).Rollback({.to = to}, observer);
}

Result<std::optional<engine::Recovered>> FakeProbe::Recover() {
  engine::Parts all = parts();
  return engine::Engine(all).Recover(observer);
}

std::string FakeProbe::LiveVersion() const {
  std::ifstream file(Path("/opt/web/current/version.txt"));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string FakeProbe::RecordedVersion() {
  auto current = Must(OpenJournal().Current());
  return current ? current->components.at(0).version : "";
}

std::vector<std::string> FakeProbe::Releases() {
  return Must(real_files->List(Path("/opt/web/releases")));
}

engine::Journal FakeProbe::OpenJournal() {
  Must(real_files->MakeDirectories(paths.State(), 0755));
  return Must(engine::Journal::Open(paths.Journal(), *real_files, clock));
}

}  // namespace ignite::fakes
