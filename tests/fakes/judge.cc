#include "tests/fakes/judge.h"

#include "base/str_cat.h"
#include "packager/payload_check.h"
#include "payload-format/crypto/hash.h"
#include "payload-format/image/image_spec.h"
#include "payload-format/tree/table.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fakes/memory_file.h"

namespace ignite::fakes {
namespace {

using format::TreeEntry;

/// Reads the payloads with the checks of `ignite-pack verify`, and lists what is in them.
class ListingSink : public format::PayloadSink {
 public:
  explicit ListingSink(const format::Manifest& manifest) : manifest_(manifest), check_(manifest) {}

  Result<> CheckManifest() const { return check_.CheckManifest(); }

  Result<> BeginStream(size_t payload, size_t stream) override {
    type_ = manifest_.payloads[payload].type;
    stream_ = stream;
    bytes_.clear();
    return check_.BeginStream(payload, stream);
  }
  Result<> Write(ByteView plain) override {
    bytes_.insert(bytes_.end(), plain.begin(), plain.end());
    return check_.Write(plain);
  }
  Result<> EndStream() override {
    TRY(check_.EndStream());
    if (type_ == format::ImageSpec::kType) {
      AddLine(StrCat("image ", format::Sha256(bytes_).Hex()));
      return {};
    }
    // Every other type with streams has those of a tree.
    return stream_ == format::TreeSpec::kTableStream ? ListTree() : Result<>();
  }

  Sha256Digest Digest() { return hasher_.Finish(); }

 private:
  Result<> ListTree() {
    auto reader = TRY(format::TableReader::Open(std::make_unique<MemoryFile>(bytes_)));
    while (auto entry = TRY(reader.Next())) Add(*entry);
    return {};
  }

  void Add(const TreeEntry& entry) {
    auto hex = [](std::string_view text) { return ToHex(std::as_bytes(std::span(text))); };
    std::string line = StrCat(static_cast<int>(entry.type), " ", entry.mode, " ");
    line += StrCat(entry.mtime.seconds, " ", entry.mtime.nanoseconds, " ", entry.size, " ");
    line += StrCat(entry.earlier, " ", entry.digest.Hex(), " ", hex(entry.path), " ");
    line += StrCat(hex(entry.target), " ", hex(entry.owner), " ", hex(entry.group), " ",
                   ToHex(entry.capabilities));
    AddLine(line);
  }

  void AddLine(const std::string& line) { hasher_.Update(AsBytes(line + "\n")); }

  const format::Manifest& manifest_;
  packager::PayloadCheck check_;
  std::string_view type_;
  size_t stream_ = 0;
  Bytes bytes_;  ///< Of the present stream.
  format::Sha256Hasher hasher_;
};

}  // namespace

Result<Verdict> Judge(std::unique_ptr<InputFile> bundle, const format::Keyring& keyring,
                      std::span<const format::PrivateKey> identities, format::PlainBundles plain) {
  auto opened = TRY(format::VerifiedBundle::Open(std::move(bundle), keyring, identities, plain));
  ListingSink sink(opened.manifest());
  TRY(sink.CheckManifest());
  TRY(opened.ReadPayloads(sink, 1, [](uint64_t) -> Result<> { return {}; }));
  return Verdict{opened.manifest(), opened.content_id(), sink.Digest()};
}

}  // namespace ignite::fakes
