#include "tests/fakes/memory_disk.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <list>

namespace ignite::fakes {
namespace {

constexpr size_t kMaxLinks = 40;

}  // namespace

MemoryDisk::MemoryDisk() : root_(std::make_shared<Node>()) {
  root_->type = FileInfo::Type::kDirectory;
  root_->attributes.mode = root_->durable_attributes.mode = 0755;
}

MemoryDisk::Found MemoryDisk::Find(std::string_view path, Follow follow) const {
  std::vector<std::pair<std::string_view, const NodePtr*>> trail{{"", &root_}};
  std::list<std::string> followed;  // What was left to go, at each link.
  std::string_view rest = path;
  auto next_name = [&] { return std::min(rest.find_first_not_of('/'), rest.size()); };
  for (;;) {
    rest.remove_prefix(next_name());
    if (rest.empty()) break;
    std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    bool is_last = next_name() == rest.size();
    if (name == ".") continue;
    if (name == "..") {
      if (trail.size() > 1) trail.pop_back();
      continue;
    }
    const NodePtr& folder = *trail.back().second;
    if (folder->type != FileInfo::Type::kDirectory) return {ENOTDIR, nullptr, {}, nullptr, {}};
    auto entry = folder->names.find(name);
    if (entry == folder->names.end()) {
      if (is_last) return {ENOENT, folder, std::string(name), nullptr, {}};
      return {ENOENT, nullptr, {}, nullptr, {}};
    }
    const Node& node = *entry->second;
    if (node.type == FileInfo::Type::kSymlink && (!is_last || follow == Follow::kAll)) {
      if (followed.size() == kMaxLinks) return {ELOOP, nullptr, {}, nullptr, {}};
      rest = followed.emplace_back(node.target).append(rest);
      if (node.target.starts_with('/')) trail.resize(1);
      continue;
    }
    trail.emplace_back(entry->first, &entry->second);
  }
  Found found{0, nullptr, std::string(trail.back().first), *trail.back().second, {}};
  if (trail.size() > 1) found.folder = *trail[trail.size() - 2].second;
  for (size_t i = 1; i < trail.size(); ++i) {
    found.real += '/';
    found.real += trail[i].first;
  }
  if (found.real.empty()) found.real += '/';
  return found;
}

void MemoryDisk::List(const NodePtr& node) {
  if (node->is_listed) return;
  node->is_listed = true;
  listed_.push_back(node);
}

void MemoryDisk::Apply(Names& names, const Node::Naming& naming) {
  if (naming.node == nullptr)
    names.erase(naming.name);
  else
    names[naming.name] = naming.node;
}

void MemoryDisk::Apply(Bytes& content, const Node::Write& write, size_t length) {
  if (write.is_length) {
    content.resize(write.offset);
    return;
  }
  // Bytes behind the end are appended: a new length would fill them with zeros first.
  if (write.offset > content.size()) content.resize(write.offset);
  size_t inside = std::min<size_t>(length, content.size() - write.offset);
  auto border = write.bytes.begin() + static_cast<std::ptrdiff_t>(inside);
  std::copy(write.bytes.begin(), border,
            content.begin() + static_cast<std::ptrdiff_t>(write.offset));
  content.insert(content.end(), border, write.bytes.begin() + static_cast<std::ptrdiff_t>(length));
}

void MemoryDisk::SetName(const NodePtr& folder, const std::string& name, NodePtr node,
                         bool with_next) {
  Node::Naming naming{name, std::move(node), with_next};
  Apply(folder->names, naming);
  folder->pending_names.push_back(std::move(naming));
  List(folder);
}

int MemoryDisk::Create(const std::string& path, FileInfo::Type type, uint32_t mode, NodePtr* made) {
  Found place = Find(path, Follow::kNotTheLast);
  if (place.node != nullptr) return EEXIST;
  if (place.folder == nullptr) return place.error;
  auto node = std::make_shared<Node>();
  node->type = type;
  node->number = next_number_++;
  node->attributes.mode = node->durable_attributes.mode = mode;
  if (made != nullptr) *made = node;
  SetName(place.folder, place.name, std::move(node));
  return 0;
}

int MemoryDisk::Symlink(const std::string& target, const std::string& path) {
  NodePtr made;
  if (int error = Create(path, FileInfo::Type::kSymlink, 0777, &made)) return error;
  made->target = target;
  return 0;
}

int MemoryDisk::Link(const NodePtr& node, const std::string& path) {
  Found place = Find(path, Follow::kNotTheLast);
  if (place.node != nullptr) return EEXIST;
  if (place.folder == nullptr) return place.error;
  SetName(place.folder, place.name, node);
  return 0;
}

int MemoryDisk::Unlink(const std::string& path) {
  Found place = Find(path, Follow::kNotTheLast);
  if (place.node == nullptr) return place.error;
  if (place.node->type == FileInfo::Type::kDirectory) return EISDIR;
  SetName(place.folder, place.name, nullptr);
  return 0;
}

int MemoryDisk::RemoveFolder(const std::string& path) {
  Found place = Find(path, Follow::kNotTheLast);
  if (place.node == nullptr) return place.error;
  if (place.node->type != FileInfo::Type::kDirectory) return ENOTDIR;
  if (!place.node->names.empty()) return ENOTEMPTY;
  SetName(place.folder, place.name, nullptr);
  return 0;
}

int MemoryDisk::Rename(const std::string& from, const std::string& to) {
  Found source = Find(from, Follow::kNotTheLast);
  Found place = Find(to, Follow::kNotTheLast);
  if (source.node == nullptr) return source.error;
  if (place.folder == nullptr) return place.error;
  bool over_folder = place.node != nullptr && place.node->type == FileInfo::Type::kDirectory;
  if (over_folder && source.node->type != FileInfo::Type::kDirectory) return EISDIR;
  if (over_folder && !place.node->names.empty()) return ENOTEMPTY;
  SetName(place.folder, place.name, source.node, place.folder == source.folder);
  SetName(source.folder, source.name, nullptr);
  return 0;
}

void MemoryDisk::Write(const NodePtr& file, uint64_t offset, ByteView bytes) {
  Node::Write write{offset, Bytes(bytes.begin(), bytes.end()), false};
  Apply(file->content, write, write.bytes.size());
  file->pending_writes.push_back(std::move(write));
  List(file);
}

void MemoryDisk::Resize(const NodePtr& file, uint64_t size) {
  file->content.resize(size);
  file->pending_writes.push_back({size, {}, true});
  List(file);
}

void MemoryDisk::SetAttributes(const NodePtr& node, const FileAttributes& attributes) {
  node->attributes = attributes;
  List(node);
}

void MemoryDisk::Sync(const NodePtr& node) {
  for (const Node::Write& write : node->pending_writes)
    Apply(node->durable_content, write, write.bytes.size());
  for (const Node::Naming& naming : node->pending_names) Apply(node->durable_names, naming);
  node->pending_writes.clear();
  node->pending_names.clear();
  node->durable_attributes = node->attributes;
}

void MemoryDisk::SyncAll() {
  std::vector<NodePtr> still_listed;
  for (const NodePtr& node : listed_) {
    Sync(node);
    node->is_listed = node->has_lost;
    if (node->has_lost) still_listed.push_back(node);
  }
  listed_ = std::move(still_listed);
}

void MemoryDisk::Lose(const NodePtr& file) {
  file->has_lost |= !file->pending_writes.empty();
  file->pending_writes.clear();
}

void MemoryDisk::LoseAll() {
  for (const NodePtr& node : listed_) Lose(node);
}

void MemoryDisk::CutPower(Cut how, Random& random) {
  for (const NodePtr& node : listed_) {
    size_t names = node->pending_names.size();
    if (how == Cut::kKeepsNothing) names = 0;
    if (how == Cut::kKeepsSome) names = random.Below(names + 1);
    while (names > 0 && node->pending_names[names - 1].with_next) ++names;
    for (size_t i = 0; i < names; ++i) Apply(node->durable_names, node->pending_names[i]);
    for (const Node::Write& write : node->pending_writes) {
      if (how == Cut::kKeepsNothing || (how == Cut::kKeepsSome && random.OneIn(2))) continue;
      bool is_torn = how == Cut::kKeepsSome && !write.is_length && random.OneIn(4);
      Apply(node->durable_content, write,
            is_torn ? random.Below(write.bytes.size() + 1) : write.bytes.size());
    }
    bool keeps_attributes = how == Cut::kKeepsAll || (how == Cut::kKeepsSome && random.OneIn(2));
    if (keeps_attributes) node->durable_attributes = node->attributes;
    node->pending_names.clear();
    node->pending_writes.clear();
    node->names = node->durable_names;
    node->content = node->durable_content;
    node->attributes = node->durable_attributes;
    node->is_listed = node->has_lost = false;
  }
  listed_.clear();
}

}  // namespace ignite::fakes
