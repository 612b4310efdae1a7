// The bundles that the stories of the simulation install: made once, with the real writer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "payload-format/crypto/key.h"
#include "payload-format/manifest/kind.h"
#include "tests/fakes/memory_disk.h"

namespace ignite::sim {

/// A version of a component, and all that is to be seen of it on a probe that runs it.
struct Edition {
  std::string component;
  std::string version;
  std::string path;        ///< "/opt/web"; empty for a licence and for a system.
  std::string unit;        ///< Its unit: a unit file of the tree; empty where path is.
  std::string link;        ///< A link into the tree; empty for none.
  std::string owner;       ///< Of its files: root, or a user whom the bundle declares.
  bool is_broken = false;  ///< Its health check never passes.
  std::string tree;        ///< The text of its whole tree or file, as TreeText gives it.
  bool starts = true;      ///< A system that does not leaves the machine to its boot loader.

  bool IsLicence() const { return component == "licence"; }
  /// An operating system: it lives in a slot, and needs a boot.
  bool IsSystem() const { return component == "os"; }
  /// Of its payload and its health check: "web".
  std::string Name() const { return component.substr(component.find('/') + 1); }
  /// Where it is to be seen, and the folder of its releases; not for a system.
  std::string Live() const;
  std::string Releases() const;
};

/// kUnsigned: by those who may, and kOtherProbe: a licence for another one.
enum class Flaw : uint8_t { kNone, kOtherProduct, kDamaged, kCutShort, kUnsigned, kOtherProbe };

struct PoolBundle {
  std::string name;
  format::Kind kind = format::Kind::kProduct;
  uint64_t counter = 0;
  uint32_t epoch = 1;
  Flaw flaw = Flaw::kNone;
  std::string required;  ///< A component that must be there; empty for none.
  std::vector<const Edition*> editions;
  std::string content_id;
  Bytes bytes;
};

class Pool {
 public:
  Pool();
  const std::vector<PoolBundle>& bundles() const { return bundles_; }
  /// One for each component: where it lives, and which unit is its own.
  const std::vector<const Edition*>& places() const { return places_; }
  /// Which of them is the operating system's.
  size_t PlaceOfSystem() const;
  const Edition* Find(const std::string& component, const std::string& version) const;
  /// nullptr where the tree is none that a bundle brings.
  const Edition* FindTree(const Edition& place, const std::string& text) const;
  /// All links that any edition has.
  const std::vector<std::string>& links() const { return links_; }
  /// The keys of the probe, which open every bundle.
  const std::vector<format::PrivateKey>& identities() const { return identities_; }

 private:
  const Edition* AddTree(Edition edition);
  const Edition* Add(Edition edition);
  void Add(PoolBundle bundle);

  std::map<std::pair<std::string, std::string>, Edition> editions_;
  std::vector<PoolBundle> bundles_;
  std::vector<const Edition*> places_;
  std::vector<std::string> links_;
  std::vector<format::PrivateKey> identities_;
};

/// Seconds since 1970: the day on which a licence was issued; 0 for a tree.
int64_t IssuedOn(const Edition& edition);

/// Everything of a tree on a disk in one text: paths, types, modes, owners, times, bytes, targets.
std::string TreeText(const fakes::MemoryDisk::Node& root);

}  // namespace ignite::sim
