#include "packager/tree_content.h"

#include <map>

#include "packager/payload_type.h"
#include "payload-format/crypto/hash.h"

namespace ignite::packager {
namespace {

using format::EntryType;
using format::TreeEntry;

constexpr size_t kReadSize = 256 * 1024;

class TreeNumberer {
 public:
  TreeNumberer(const TreeSource& source, const std::function<void(std::string_view)>& show)
      : source_(source), show_(show), buffer_(kReadSize) {}

  Result<NumberedTree> Number(std::vector<TreeNode> nodes) && {
    std::map<size_t, size_t> links;
    for (const TreeNode& node : nodes) {
      if (node.entry.type == EntryType::kFile) ++links[node.file];
    }
    for (TreeNode& node : nodes) {
      if (node.entry.type == EntryType::kFile) TRY(NumberFile(node, links[node.file] > 1));
      tree_.entries.push_back(std::move(node.entry));
    }
    return std::move(tree_);
  }

 private:
  using Content = std::pair<uint64_t, Sha256Digest>;

  Result<> NumberFile(TreeNode& node, bool has_links) {
    TreeEntry& entry = node.entry;
    auto number = static_cast<uint32_t>(tree_.entries.size());
    if (auto first = first_of_file_.find(node.file); first != first_of_file_.end()) {
      TreeEntry link;
      link.type = EntryType::kHardLink;
      link.path = std::move(entry.path);
      link.earlier = first->second;
      entry = std::move(link);
      return {};
    }
    TRY(Hash(node));
    first_of_file_.emplace(node.file, number);
    if (entry.size == 0) return {};
    auto [same, is_new] = first_of_content_.emplace(Content(entry.size, entry.digest), number);
    if (!is_new && !has_links) {
      entry.type = EntryType::kCopy;
      entry.earlier = same->second;
      return {};
    }
    tree_.content_bytes += entry.size;
    tree_.files.push_back(node);
    return {};
  }

  Result<> Hash(TreeNode& node) {
    show_(node.entry.path);
    auto file = TRY(source_.Open(node));
    format::Sha256Hasher hasher;
    uint64_t size = 0;
    while (size_t got = TRY(file->Read(buffer_))) {
      hasher.Update(ByteView(buffer_).first(got));
      size += got;
    }
    if (size != node.entry.size) return ChangedMeanwhile(node.entry.path);
    node.entry.digest = hasher.Finish();
    return {};
  }

  const TreeSource& source_;
  const std::function<void(std::string_view)>& show_;
  Bytes buffer_;
  NumberedTree tree_;
  std::map<size_t, uint32_t> first_of_file_;
  std::map<Content, uint32_t> first_of_content_;
};

class ContentStream : public format::StreamSource {
 public:
  ContentStream(std::unique_ptr<TreeSource> source, std::vector<TreeNode> files)
      : source_(std::move(source)), files_(std::move(files)) {}

  Result<> Rewind() override {
    next_ = 0;
    open_.reset();
    return {};
  }

  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t filled = 0;
    while (filled < buffer.size()) {
      if (open_ == nullptr) {
        if (next_ == files_.size()) break;
        TRY(OpenNext());
      }
      size_t got = TRY(ReadCurrent(buffer.subspan(filled)));
      filled += got;
    }
    return filled;
  }

 private:
  Result<> OpenNext() {
    open_ = TRY(source_->Open(files_[next_]));
    left_ = files_[next_].entry.size;
    hasher_ = format::Sha256Hasher();
    return {};
  }

  Result<size_t> ReadCurrent(std::span<std::byte> buffer) {
    const TreeEntry& entry = files_[next_].entry;
    size_t got = TRY(open_->Read(buffer.first(std::min<uint64_t>(buffer.size(), left_))));
    hasher_.Update(buffer.first(got));
    left_ -= got;
    if (got == 0 || (left_ == 0 && hasher_.Finish() != entry.digest)) {
      return ChangedMeanwhile(entry.path);
    }
    if (left_ == 0) {
      open_.reset();
      ++next_;
    }
    return got;
  }

  std::unique_ptr<TreeSource> source_;
  std::vector<TreeNode> files_;
  size_t next_ = 0;  ///< Of files_: the one that is open or to be opened.
  std::unique_ptr<InputFile> open_;
  uint64_t left_ = 0;
  format::Sha256Hasher hasher_;
};

}  // namespace

Result<NumberedTree> NumberTree(const TreeSource& source, std::vector<TreeNode> nodes,
                                const std::function<void(std::string_view path)>& show) {
  return TreeNumberer(source, show).Number(std::move(nodes));
}

std::unique_ptr<format::StreamSource> MakeContentStream(std::unique_ptr<TreeSource> source,
                                                        std::vector<TreeNode> files) {
  return std::make_unique<ContentStream>(std::move(source), std::move(files));
}

}  // namespace ignite::packager
