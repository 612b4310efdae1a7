// What the manifest says of a payload of type tree, beside its streams. SPEC.md section 10.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "payload-format/manifest/manifest.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_rules.h"

namespace ignite::format {

/// A fixed symbolic link outside the tree that leads into the live release.
struct TreeLink {
  std::string from;  ///< A path in the tree.
  std::string to;    ///< An absolute path on the probe.
};

struct TreeSpec {
  static constexpr std::string_view kType = "tree";
  /// What its components begin with, the operating system aside.
  static constexpr std::string_view kComponents = "app/";
  static bool IsFor(std::string_view component) {
    return component == kOperatingSystem || component.starts_with(kComponents);
  }
  /// The streams of a tree payload, in order.
  static constexpr size_t kTableStream = 0;
  static constexpr size_t kContentStream = 1;
  static constexpr size_t kStreamCount = 2;
  /// Whether bundles of this kind may carry trees.
  static bool BelongsTo(Kind kind) { return CarriesSoftware(kind); }
  /// kCorrupt where the payload does not have those streams.
  static Result<> CheckStreams(const PayloadInfo& payload);
  /// For whoever takes such a payload from a manifest: component, streams and spec. kCorrupt where
  /// it is no tree.
  static Result<> Check(const PayloadInfo& payload);

  /// Where the component lives: PATH/releases/ID, PATH/current. Empty for the operating system,
  /// which fills a slot and has none of these up to `users`.
  std::string path;
  std::vector<std::string>
      units;  ///< Unit files of the tree ("systemd/web.service") or names of units of the OS.
  std::vector<TreeLink> links;
  std::vector<std::string>
      allow;          ///< Entries that may escape the tree, be setuid or carry capabilities.
  std::string users;  ///< Text for systemd-sysusers; empty for none.
  std::vector<std::string> owners;  ///< Every user name of the table.
  std::vector<std::string> groups;  ///< Every group name of the table.
  uint64_t entries = 0;
  uint64_t bytes = 0;  ///< What the tree takes on disk: DiskBytes of all entries.

  /// A block for a folder, and content rounded up to blocks.
  static uint64_t DiskBytes(const TreeEntry& entry);

  /// All that the component takes on a probe: PATH/current, PATH/releases and its links.
  std::vector<std::string> Places() const;

  /// Of a tree of this component.
  std::unique_ptr<TreeRules> Rules(std::string component) const;

  Json ToJson() const;
  static Result<TreeSpec> FromJson(const Json& json, std::string_view component);
};

/// Absolute, normalised (no "//", ".", "..", no trailing slash), printable, not "/".
bool IsProbePath(std::string_view path);
/// Relative and normalised: a path of a tree entry; "" is the tree itself.
bool IsTreePath(std::string_view path);
/// The owner or group of an entry of an operating system.
std::optional<uint32_t> ParseAccountId(std::string_view text);
/// The path of a unit file in the tree, or the name of a unit of the OS.
bool IsUnit(std::string_view text);

}  // namespace ignite::format
