#include "tests/mutants/mutant.h"

#include <algorithm>
#include <fstream>
#include <optional>

namespace ignite::mutants {
namespace {

class MutantFile : public InputFile {
 public:
  explicit MutantFile(const Mutant& mutant) : mutant_(mutant) {}

  Result<size_t> Read(std::span<std::byte> buffer) override {
    size_t filled = 0;
    while (filled < buffer.size()) {
      auto rest = buffer.subspan(filled);
      size_t got =
          place_ < HoleEnd() && place_ >= mutant_.hole.at ? ReadHole(rest) : ReadBytes(rest);
      if (got == 0) break;
      filled += got;
      place_ += got;
    }
    return filled;
  }
  Result<> Seek(uint64_t offset) override {
    place_ = offset;
    return {};
  }
  Result<uint64_t> Size() override { return mutant_.bytes.size() + mutant_.hole.zeros; }

 private:
  uint64_t HoleEnd() const { return mutant_.hole.at + mutant_.hole.zeros; }

  size_t ReadHole(std::span<std::byte> buffer) {
    auto count = static_cast<size_t>(std::min<uint64_t>(buffer.size(), HoleEnd() - place_));
    std::fill_n(buffer.begin(), count, std::byte{0});
    return count;
  }

  size_t ReadBytes(std::span<std::byte> buffer) {
    const Hole& hole = mutant_.hole;
    bool before = place_ < hole.at;
    uint64_t begin = before ? place_ : place_ - hole.zeros;
    uint64_t end = before ? hole.at : mutant_.bytes.size();
    if (begin >= end) return 0;
    auto count = static_cast<size_t>(std::min<uint64_t>(buffer.size(), end - begin));
    std::copy_n(mutant_.bytes.begin() + static_cast<std::ptrdiff_t>(begin), count, buffer.begin());
    return count;
  }

  const Mutant& mutant_;
  uint64_t place_ = 0;
};

using Entry = std::array<std::byte, format::kSignatureEntrySize>;

/// The entries by known keys in a whole member SIGNATURES; nullopt where it is none.
std::optional<std::set<Entry>> KnownEntries(ByteView member,
                                            const std::set<format::KeyId>& known_keys) {
  constexpr size_t kSize = format::kSignatureEntrySize;
  for (size_t count = 1; count <= format::kMaxSignatures; ++count) {
    if (member.size() != format::TarMemberLength(count * kSize)) continue;
    auto block = format::MakeTarBlock(format::kSignaturesName, count * kSize);
    if (!std::equal(block.begin(), block.end(), member.begin())) continue;
    ByteReader in(member.subspan(block.size()));
    std::set<Entry> known;
    for (size_t i = 0; i < count; ++i) {
      auto entry = in.Array<kSize>();
      format::KeyId id;
      std::copy_n(entry.begin(), id.size(), id.begin());
      if (known_keys.contains(id)) known.insert(entry);
    }
    if (IsAllZero(in.Raw(in.remaining()))) return known;
  }
  return std::nullopt;
}

bool Equal(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

std::unique_ptr<InputFile> OpenMutant(const Mutant& mutant) {
  return std::make_unique<MutantFile>(mutant);
}

void WriteMutant(const Mutant& mutant, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const auto* text = reinterpret_cast<const char*>(mutant.bytes.data());
  auto before = static_cast<std::streamsize>(mutant.hole.at);
  file.write(text, before);
  if (mutant.hole.zeros > 0) {
    file.seekp(static_cast<std::streamoff>(mutant.hole.zeros - 1), std::ios::cur);
    file.put('\0');
  }
  file.write(text + before, static_cast<std::streamsize>(mutant.bytes.size()) - before);
}

bool CountsTheSame(const Mutant& mutant, const Original& original,
                   const std::set<format::KeyId>& known_keys) {
  if (mutant.hole.zeros > 0) return false;
  const fakes::MemberPlace& signatures = original.Member(format::kSignaturesName);
  ByteView theirs(original.bytes);
  ByteView ours(mutant.bytes);
  size_t behind = theirs.size() - signatures.end();
  if (ours.size() < signatures.offset + behind) return false;
  if (!Equal(ours.first(signatures.offset), theirs.first(signatures.offset))) return false;
  if (!Equal(ours.last(behind), theirs.last(behind))) return false;
  auto entries = [&](ByteView file) {
    return KnownEntries(file.subspan(signatures.offset, file.size() - behind - signatures.offset),
                        known_keys);
  };
  return entries(ours) == entries(theirs);
}

}  // namespace ignite::mutants
