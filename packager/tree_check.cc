#include "packager/tree_check.h"

#include <optional>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/spool.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::packager {
namespace {

using format::EntryType;
using format::TreeSpec;

class TreeCheck : public ContentCheck {
 public:
  TreeCheck(const format::PayloadInfo& payload, std::unique_ptr<format::TreeRules> rules)
      : payload_(payload), rules_(std::move(rules)) {}

  Result<> BeginStream(size_t stream) override {
    stream_ = stream;
    if (stream_ == TreeSpec::kTableStream) {
      table_ = TRY(Spool::Create());
    } else {
      reader_ = TRY(format::TableReader::Open(table_->Open(0, table_->size())));
    }
    return {};
  }

  Result<> Write(ByteView plain) override {
    if (stream_ == TreeSpec::kContentStream) return CheckContent(plain);
    return table_->Append(plain);
  }

  Result<> EndStream() override {
    if (stream_ == TreeSpec::kTableStream) return CheckTable();
    if (left_ > 0 || TRY(NextFile())) return Wrong("files are missing behind its content");
    return {};
  }

  uint64_t files() const override { return files_; }

 private:
  Result<> CheckTable() {
    auto reader = TRY(format::TableReader::Open(table_->Open(0, table_->size())));
    if (reader.entry_count() != rules_->EntryCount())
      return Wrong("its file table has another number of entries");
    while (auto entry = TRY(reader.Next())) {
      if (auto objection = rules_->Objection(*entry))
        return Wrong(StrCat("its entry '", Printable(entry->path), "' ", *objection));
    }
    if (auto missing = rules_->Missing()) return Wrong(*missing);
    return {};
  }

  /// Goes to the next file that has bytes in the content stream; false after the last.
  Result<bool> NextFile() {
    while (auto entry = TRY(reader_->Next())) {
      if (entry->type != EntryType::kFile) continue;
      entry_ = *std::move(entry);
      left_ = entry_.size;
      if (left_ > 0) return true;
      TRY(CheckDigest());
    }
    return false;
  }

  Result<> CheckDigest() {
    if (hasher_.Finish() == entry_.digest) return {};
    return Wrong(
        StrCat("a file is not what the file table says, at '", Printable(entry_.path), "'"));
  }

  Result<> CheckContent(ByteView plain) {
    while (!plain.empty()) {
      if (left_ == 0 && !TRY(NextFile())) return Wrong("bytes follow its last file");
      ByteView part = plain.first(static_cast<size_t>(std::min<uint64_t>(left_, plain.size())));
      hasher_.Update(part);
      left_ -= part.size();
      plain = plain.subspan(part.size());
      if (left_ > 0) continue;
      TRY(CheckDigest());
      ++files_;
    }
    return {};
  }

  Error Wrong(std::string_view what) const {
    return {ErrorCode::kCorrupt,
            StrCat("payload '", Printable(payload_.name), "' is wrong: ", what),
            "build the bundle anew"};
  }

  const format::PayloadInfo& payload_;
  std::unique_ptr<format::TreeRules> rules_;
  size_t stream_ = 0;
  std::optional<Spool> table_;
  std::optional<format::TableReader> reader_;
  format::TreeEntry entry_;
  uint64_t left_ = 0;  ///< Of entry_'s bytes.
  format::Sha256Hasher hasher_;
  uint64_t files_ = 0;
};

}  // namespace

Result<> CheckTreePayload(const format::PayloadInfo& payload) { return TreeSpec::Check(payload); }

std::unique_ptr<ContentCheck> MakeStreamsCheck(const format::PayloadInfo& payload,
                                               std::unique_ptr<format::TreeRules> rules) {
  return std::make_unique<TreeCheck>(payload, std::move(rules));
}

std::unique_ptr<ContentCheck> MakeTreeCheck(const format::PayloadInfo& payload) {
  // `check` let it pass.
  auto spec = TreeSpec::FromJson(payload.spec, payload.component);
  return MakeStreamsCheck(payload, (spec ? *spec : TreeSpec()).Rules(payload.component));
}

}  // namespace ignite::packager
