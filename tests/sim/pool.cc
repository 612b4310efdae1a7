#include "tests/sim/pool.h"

#include <algorithm>

#include "agent/engine/probe_paths.h"
#include "base/date.h"
#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/licence/licence_spec.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"
#include "payload-format/verified_bundle.h"
#include "tests/fakes/call_watch.h"
#include "tests/fakes/memory_file.h"
#include "tests/fakes/memory_file_system.h"
#include "tests/fakes/must.h"
#include "tests/fakes/sample_bundle.h"

namespace ignite::sim {
namespace {

using fakes::Must;
using format::EntryType;
using format::TreeEntry;

constexpr std::string_view kDeclaredOwner = "netlog";
constexpr uid_t kDeclaredId = 900;
constexpr FileTime kTime{1'700'000'000, 5};

struct Content {
  Bytes table;
  Bytes bytes;
  uint32_t entries = 0;
};

class TreeMaker {
 public:
  explicit TreeMaker(std::string owner) : owner_(std::move(owner)) {}

  TreeEntry& Add(EntryType type, std::string path, uint32_t mode) {
    TreeEntry& entry = entries_.emplace_back();
    entry.type = type;
    entry.path = std::move(path);
    if (type == EntryType::kHardLink) return entry;
    entry.mode = mode;
    entry.mtime = kTime;
    entry.owner = entry.group = owner_;
    return entry;
  }
  uint32_t AddFile(std::string path, uint32_t mode, const std::string& text) {
    Describe(Add(EntryType::kFile, std::move(path), mode), text);
    ByteView bytes = AsBytes(text);
    content_.insert(content_.end(), bytes.begin(), bytes.end());
    return static_cast<uint32_t>(entries_.size() - 1);
  }
  static void Describe(TreeEntry& entry, const std::string& text) {
    entry.size = text.size();
    entry.digest = format::Sha256(AsBytes(text));
  }
  Content Finish() && {
    format::TableWriter table;
    for (const TreeEntry& entry : entries_) table.Add(entry);
    return {std::move(table).Finish(), std::move(content_), static_cast<uint32_t>(entries_.size())};
  }

 private:
  std::string owner_;
  std::vector<TreeEntry> entries_;
  Bytes content_;
};

/// With a link to a place outside, which an application may not have.
Content MakeSystem(const std::string& owner, const std::string& name) {
  TreeMaker tree(owner);
  tree.Add(EntryType::kDirectory, "", 0755);
  tree.Add(EntryType::kSymlink, "init", 0777).target = "/lib/systemd/systemd";
  tree.AddFile("system", 04755, name);
  return std::move(tree).Finish();
}

/// A file, its copy, a hard link, a symbolic link, an empty file and a folder with a unit file.
Content MakeContent(const Edition& edition) {
  const std::string name = StrCat(edition.component, " ", edition.version);
  if (edition.IsSystem()) return MakeSystem(edition.owner, name);
  std::string text;
  for (int i = 0; text.size() < 5'000; ++i) text += StrCat(name, " line ", i, "\n");
  TreeMaker tree(edition.owner);
  tree.Add(EntryType::kDirectory, "", 0755);
  uint32_t data = tree.AddFile("data", 0640, text);
  TreeEntry& copy = tree.Add(EntryType::kCopy, "data.copy", 0600);
  TreeMaker::Describe(copy, text);
  copy.earlier = data;
  tree.Add(EntryType::kHardLink, "data.same", 0).earlier = data;
  tree.AddFile("empty", 0644, "");
  tree.Add(EntryType::kSymlink, "link", 0777).target = "systemd/unit";
  tree.Add(EntryType::kDirectory, "systemd", 0750);
  tree.AddFile(edition.unit, 0644, StrCat("[Service]\n# ", name, "\n"));
  tree.AddFile("version", 0644, name);
  return std::move(tree).Finish();
}

std::string DateOfIssue(const Edition& edition) { return StrCat("2026-02-0", edition.version); }

Json LicenceSpecOf(const Edition& edition, const format::PrivateKey& identity) {
  format::LicenceSpec spec;
  spec.identities = {ToHex(identity.public_key().bytes)};
  spec.customer = "a customer";
  spec.features = {"ports"};
  spec.issued = DateOfIssue(edition);
  return spec.ToJson();
}

Json SpecOf(const Edition& edition, uint32_t entries) {
  format::TreeSpec spec;
  spec.path = edition.path;
  if (!edition.unit.empty()) spec.units = {edition.unit};
  if (!edition.link.empty()) spec.links = {{"version", edition.link}};
  spec.owners = spec.groups = {edition.owner};
  if (edition.owner == kDeclaredOwner)
    spec.users = StrCat("u ", edition.owner, " ", kDeclaredId, "\n");
  spec.entries = entries;
  spec.bytes = 20 * 1024;
  return spec.ToJson();
}

format::BundlePlan PlanOf(const PoolBundle& bundle) {
  format::BundlePlan plan;
  plan.manifest.kind = bundle.kind;
  plan.manifest.product = bundle.flaw == Flaw::kOtherProduct ? "other" : "netprobe";
  plan.manifest.version = StrCat(bundle.counter, "+", bundle.name);
  plan.manifest.counter = bundle.counter;
  plan.manifest.epoch = bundle.epoch;
  plan.manifest.compatible = "box";
  if (!bundle.required.empty())
    plan.manifest.requirements = {*format::Requirement::Parse(bundle.required + " >= 1")};
  for (const Edition* edition : bundle.editions) {
    if (edition->IsLicence()) {
      const auto& identity =
          bundle.flaw == Flaw::kOtherProbe ? fakes::Keys().other_identity : fakes::Keys().identity;
      plan.manifest.payloads.push_back({"licence",
                                        "licence",
                                        edition->component,
                                        edition->version,
                                        LicenceSpecOf(*edition, identity),
                                        {}});
      plan.sources.emplace_back();
      continue;
    }
    Content content = MakeContent(*edition);
    plan.manifest.payloads.push_back({edition->Name(),
                                      "tree",
                                      edition->component,
                                      edition->version,
                                      SpecOf(*edition, content.entries),
                                      {}});
    plan.manifest.health.push_back({edition->Name(), "fake", 1'000, Json::EmptyObject()});
    auto& streams = plan.sources.emplace_back();
    streams.push_back(std::make_unique<format::MemoryStream>(std::move(content.table)));
    streams.push_back(std::make_unique<format::MemoryStream>(std::move(content.bytes)));
  }
  const auto& other =
      bundle.kind == format::Kind::kLicence ? fakes::Keys().licence : fakes::Keys().qa;
  plan.signers.push_back(fakes::SignerOf(fakes::Keys().release));
  if (bundle.flaw != Flaw::kUnsigned) plan.signers.push_back(fakes::SignerOf(other));
  plan.recipients.push_back(fakes::Keys().identity.public_key());
  plan.chunk_size = format::kMinChunkSize;
  plan.threads = 1;
  return plan;
}

void AppendTree(std::string& text, const std::string& path, const fakes::MemoryDisk::Node& node) {
  const FileAttributes& own = node.attributes;
  text += StrCat(path, " ", static_cast<int>(node.type), " ", own.mode, " ", own.uid, " ", own.gid,
                 " ", own.mtime.seconds, " ", own.mtime.nanoseconds, " ", node.target, " ");
  text += AsText(node.content);
  text += "\n";
  for (const auto& [name, below] : node.names) AppendTree(text, StrCat(path, "/", name), *below);
}

/// What the edition looks like once it is unpacked, written down without the code under test.
std::string ExpectedTree(const Edition& edition) {
  fakes::MemoryDisk disk;
  fakes::PatientWatch watch;
  fakes::MemoryFileSystem files(disk, watch);
  if (edition.IsLicence()) {
    std::string text = LicenceSpecOf(edition, fakes::Keys().identity).Dump(true) + "\n";
    Must(files.WriteAtomically("/t", AsBytes(text), 0644));
    return TreeText(*disk.Find("/t", fakes::MemoryDisk::Follow::kAll).node);
  }
  Content content = MakeContent(edition);
  auto tree = Must(files.CreateTree("/t"));
  auto table = Must(format::TableReader::Open(std::make_unique<fakes::MemoryFile>(content.table)));
  uid_t id = edition.owner == kDeclaredOwner ? kDeclaredId : 0;
  size_t place = 0;
  std::vector<TreeEntry> folders;
  while (auto entry = Must(table.Next())) {
    FileAttributes attributes{entry->mode, id, id, entry->mtime, {}};
    if (entry->type == EntryType::kDirectory) folders.push_back(*entry);
    if (entry->type == EntryType::kDirectory && !entry->path.empty())
      Must(tree->MakeDirectory(entry->path));
    if (entry->type == EntryType::kFile) {
      Must(tree->StartFile(entry->path));
      if (entry->size > 0) Must(tree->Write(ByteView(content.bytes).subspan(place, entry->size)));
      Must(tree->FinishFile(attributes));
      place += entry->size;
    }
    if (entry->type == EntryType::kSymlink)
      Must(tree->MakeSymlink(entry->path, entry->target, attributes));
    if (entry->type == EntryType::kHardLink)
      Must(tree->MakeHardLink(entry->path, Must(table.EntryAt(entry->earlier)).path));
    if (entry->type == EntryType::kCopy)
      Must(tree->CopyFile(entry->path, Must(table.EntryAt(entry->earlier)).path, attributes));
  }
  for (const TreeEntry& folder : folders)
    Must(tree->SetDirectoryAttributes(folder.path, {folder.mode, id, id, folder.mtime, {}}));
  return TreeText(*disk.Find("/t", fakes::MemoryDisk::Follow::kAll).node);
}

}  // namespace

std::string TreeText(const fakes::MemoryDisk::Node& root) {
  std::string text;
  text.reserve(16 * 1024);
  AppendTree(text, "", root);
  return text;
}

std::string Edition::Live() const {
  return IsLicence() ? StrCat(engine::ProbePaths::kState, "/active/licence") : path + "/current";
}

std::string Edition::Releases() const {
  return IsLicence() ? StrCat(engine::ProbePaths::kState, "/licences") : path + "/releases";
}

int64_t IssuedOn(const Edition& edition) {
  return edition.IsLicence() ? *ParseDate(DateOfIssue(edition)) : 0;
}

const Edition* Pool::AddTree(Edition edition) {
  edition.path = "/opt/" + edition.Name();
  edition.unit = StrCat("systemd/", edition.Name(), ".service");
  if (edition.owner.empty()) edition.owner = "root";
  return Add(std::move(edition));
}

const Edition* Pool::Add(Edition edition) {
  edition.tree = ExpectedTree(edition);
  if (!edition.link.empty() &&
      std::find(links_.begin(), links_.end(), edition.link) == links_.end())
    links_.push_back(edition.link);
  auto key = std::pair(edition.component, edition.version);
  const Edition* made = &editions_.emplace(std::move(key), std::move(edition)).first->second;
  bool is_first = std::none_of(places_.begin(), places_.end(), [&](const Edition* place) {
    return place->component == made->component;
  });
  if (is_first) places_.push_back(made);
  return made;
}

void Pool::Add(PoolBundle bundle) {
  bundle.bytes = fakes::Build(PlanOf(bundle));
  if (bundle.flaw != Flaw::kUnsigned) {
    bundle.content_id = Must(format::VerifiedBundle::Open(
                                 fakes::MakeMemoryFile(bundle.bytes), fakes::Keys().keyring,
                                 {&fakes::Keys().identity, 1}, format::PlainBundles::kRefused))
                            .content_id()
                            .Hex();
  }
  if (bundle.flaw == Flaw::kDamaged)
    bundle.bytes[bundle.bytes.size() - format::kTarEnd - 512] ^= std::byte{1};
  if (bundle.flaw == Flaw::kCutShort) bundle.bytes.resize(bundle.bytes.size() * 4 / 5);
  bundles_.push_back(std::move(bundle));
}

Pool::Pool() {
  identities_.push_back(fakes::CopyOf(fakes::Keys().identity));
  const std::string link = "/etc/netprobe/web.conf";
  const std::string other = "/etc/netprobe/conf.d/api.conf";
  auto edition = [&](std::string component, std::string version, std::string at = "") {
    return AddTree(Edition{
        std::move(component), std::move(version), {}, {}, std::move(at), {}, false, {}, true});
  };
  const Edition* web1 = edition("app/web", "1", link);
  const Edition* web2 = edition("app/web", "2");
  const Edition* web3 = edition("app/web", "3", link);
  const Edition* web4 = edition("app/web", "4", link);
  const Edition* api1 = edition("app/api", "1");
  const Edition* api2 = edition("app/api", "2", other);
  const Edition* api3 = edition("app/api", "3", other);
  const Edition* api5 = edition("app/api", "5");
  const Edition* log5 =
      AddTree(Edition{"app/log", "5", {}, {}, {}, std::string(kDeclaredOwner), false, {}, true});
  const Edition* log6 = AddTree(Edition{"app/log",
                                        "6",
                                        {},
                                        {},
                                        "/etc/netprobe/log.conf",
                                        std::string(kDeclaredOwner),
                                        false,
                                        {},
                                        true});
  const Edition* broken = AddTree(Edition{"app/web", "7", {}, {}, {}, {}, true, {}, true});
  auto licence = [&](std::string version) {
    return Add(Edition{"licence", std::move(version), {}, {}, {}, {}, false, {}, true});
  };
  auto system = [&](std::string version, bool is_broken, bool starts) {
    return Add(Edition{"os", std::move(version), {}, {}, {}, "0", is_broken, {}, starts});
  };
  const Edition* system1 = system("1", false, true);
  const Edition* system2 = system("2", false, true);
  const Edition* sick = system("3", true, true);
  const Edition* dead = system("4", false, false);
  const Edition* licence1 = licence("1");
  const Edition* licence2 = licence("2");
  const Edition* licence3 = licence("3");
  using enum format::Kind;
  using enum Flaw;
  Add(PoolBundle{"product-1", kProduct, 1, 1, kNone, {}, {web1, api1}, {}, {}});
  Add(PoolBundle{"product-2", kProduct, 2, 1, kNone, {}, {web2, api2}, {}, {}});
  Add(PoolBundle{"product-3", kProduct, 3, 1, kNone, {}, {web3, api3}, {}, {}});
  Add(PoolBundle{"product-3-again", kProduct, 3, 1, kNone, {}, {api3, web4}, {}, {}});
  Add(PoolBundle{"pack-4", kServicePack, 4, 1, kNone, {}, {web4}, {}, {}});
  Add(PoolBundle{"pack-5", kServicePack, 5, 1, kNone, {}, {log5, api5}, {}, {}});
  Add(PoolBundle{"pack-6", kServicePack, 6, 1, kNone, "app/log", {log6}, {}, {}});
  Add(PoolBundle{"broken", kProduct, 9, 1, kNone, {}, {api2, broken}, {}, {}});
  Add(PoolBundle{"broken-pack", kServicePack, 9, 1, kNone, {}, {broken, log6}, {}, {}});
  Add(PoolBundle{"next-epoch", kProduct, 4, 2, kNone, {}, {web4, api5}, {}, {}});
  Add(PoolBundle{"other-product", kProduct, 9, 1, kOtherProduct, {}, {web3}, {}, {}});
  Add(PoolBundle{"damaged", kProduct, 9, 1, kDamaged, {}, {web3, api3}, {}, {}});
  Add(PoolBundle{"cut-short", kProduct, 9, 1, kCutShort, {}, {web3, api3}, {}, {}});
  Add(PoolBundle{"unsigned", kProduct, 9, 1, kUnsigned, {}, {web3, api3}, {}, {}});
  Add(PoolBundle{"system-1", kProduct, 1, 1, kNone, {}, {system1, web1, api1}, {}, {}});
  Add(PoolBundle{"system-2", kProduct, 2, 1, kNone, {}, {system2, web2, api2}, {}, {}});
  Add(PoolBundle{"system-pack", kServicePack, 5, 1, kNone, {}, {system1}, {}, {}});
  Add(PoolBundle{"sick-system", kProduct, 9, 1, kNone, {}, {web2, sick}, {}, {}});
  Add(PoolBundle{"dead-system", kProduct, 9, 1, kNone, {}, {dead, api2}, {}, {}});
  Add(PoolBundle{"damaged-system", kProduct, 9, 1, kDamaged, {}, {web3, system2}, {}, {}});
  // The later one is issued earlier.
  Add(PoolBundle{"licence-1", kLicence, 1, 1, kNone, {}, {licence2}, {}, {}});
  Add(PoolBundle{"licence-2", kLicence, 2, 1, kNone, {}, {licence1}, {}, {}});
  Add(PoolBundle{"licence-3", kLicence, 3, 2, kNone, {}, {licence3}, {}, {}});
  Add(PoolBundle{"other-licence", kLicence, 9, 2, kOtherProbe, {}, {licence3}, {}, {}});
  Add(PoolBundle{"unsigned-licence", kLicence, 9, 2, kUnsigned, {}, {licence3}, {}, {}});
}

size_t Pool::PlaceOfSystem() const {
  auto found = std::find_if(places_.begin(), places_.end(),
                            [](const Edition* place) { return place->IsSystem(); });
  return static_cast<size_t>(found - places_.begin());
}

const Edition* Pool::Find(const std::string& component, const std::string& version) const {
  auto found = editions_.find(std::pair(component, version));
  return found == editions_.end() ? nullptr : &found->second;
}

const Edition* Pool::FindTree(const Edition& place, const std::string& text) const {
  for (const auto& [key, edition] : editions_) {
    if (edition.component == place.component && edition.tree == text) return &edition;
  }
  return nullptr;
}

}  // namespace ignite::sim
