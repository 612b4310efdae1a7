#include "tests/mutants/mutator.h"

#include <algorithm>
#include <numeric>

#include "base/str_cat.h"
#include "payload-format/crypto/hash.h"
#include "tests/fakes/must.h"

namespace ignite::mutants {
namespace {

using fakes::MemberPlace;
using fakes::Must;
using format::Header;

constexpr uint64_t kGiB = uint64_t{1} << 30;
/// The largest that a header block can name.
constexpr uint64_t kLargestSize = (uint64_t{1} << 33) - 1;

/// All PAYLOAD members are one region.
std::string RegionName(const MemberPlace& member) {
  return member.name.starts_with("PAYLOAD") ? "chunks" : member.name;
}

std::ptrdiff_t Offset(size_t place) { return static_cast<std::ptrdiff_t>(place); }

void Append(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

}  // namespace

Mutator::Mutator(const Originals& originals, uint64_t seed, uint64_t number)
    : originals_(originals), random_(seed ^ number * 0x9e3779b97f4a7c15) {
  original_ = &OneOf(originals_.bundles);
  mutant_.bytes = original_->bytes;
}

Mutant Mutator::Make() {
  static constexpr Damage kDamages[] = {
      // Bits and bytes in every region are the most of what can happen.
      &Mutator::FlipBits,        &Mutator::FlipBits,
      &Mutator::FlipBits,        &Mutator::FlipBits,
      &Mutator::ReplaceBytes,    &Mutator::ReplaceBytes,
      &Mutator::ReplaceBytes,    &Mutator::ReplaceBytes,
      &Mutator::Truncate,        &Mutator::Extend,
      &Mutator::CutOut,          &Mutator::PutIn,
      &Mutator::OpenHole,        &Mutator::SpliceAtBorder,
      &Mutator::SpliceWithin,    &Mutator::TakeMember,
      &Mutator::LeaveOut,        &Mutator::Double,
      &Mutator::Reorder,         &Mutator::AddMember,
      &Mutator::Enlarge,         &Mutator::ChangeEntries,
      &Mutator::ChangeStanzas,   &Mutator::SeveralAtOnce,
      &Mutator::SignOtherHeader, &Mutator::SignOtherManifest,
      &Mutator::SignOtherIndex,  &Mutator::SignOtherChunks,
  };
  (this->*OneOf(kDamages))();
  return std::move(mutant_);
}

Bytes Mutator::RandomBytes(size_t size) {
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
  return bytes;
}

Mutator::Region Mutator::AnyRegion() {
  std::vector<Region> regions;
  auto add = [&](std::string name, size_t begin, size_t end) {
    end = std::min(end, mutant_.bytes.size());
    if (begin < end) regions.push_back({std::move(name), begin, end});
  };
  for (const MemberPlace& member : original_->members) {
    size_t padding = member.content() + member.size;
    add(StrCat("the block of ", RegionName(member)), member.offset, member.content());
    add(RegionName(member), member.content(), padding);
    add(StrCat("the padding of ", RegionName(member)), padding, member.end());
  }
  add("the end", original_->bytes.size() - format::kTarEnd, original_->bytes.size());
  return regions.empty() ? Region{"nothing", 0, 0} : OneOf(regions);
}

void Mutator::FlipBits() {
  Region region = AnyRegion();
  mutant_.damage = "bit in " + region.name;
  if (region.begin == region.end) return;
  size_t place = region.begin + Below(region.end - region.begin);
  mutant_.bytes[place] ^= static_cast<std::byte>(1 << Below(8));
}

void Mutator::ReplaceBytes() {
  Region region = AnyRegion();
  mutant_.damage = "bytes in " + region.name;
  ReplaceWithin(region.begin, region.end);
}

void Mutator::ReplaceWithin(size_t begin, size_t end) {
  if (begin == end) return;
  size_t first = begin + Below(end - begin);
  size_t last = std::min(end, first + 1 + Below(64));
  Bytes bytes = RandomBytes(last - first);
  if (Below(2) == 0) std::fill(bytes.begin(), bytes.end(), bytes[0]);
  if (Below(4) == 0) std::fill(bytes.begin(), bytes.end(), std::byte{0});
  std::copy(bytes.begin(), bytes.end(), mutant_.bytes.begin() + Offset(first));
}

void Mutator::Truncate() {
  mutant_.damage = "truncation";
  size_t length = Below(mutant_.bytes.size() + 1);
  if (Below(2) == 0) length -= length % format::kTarBlock;
  mutant_.bytes.resize(length);
}

void Mutator::Extend() {
  mutant_.damage = "extension";
  switch (Below(3)) {
    case 0:
      return mutant_.bytes.resize(mutant_.bytes.size() + 1 + Below(20'000));
    case 1:
      return Append(mutant_.bytes, RandomBytes(1 + Below(2'000)));
    default:
      return Append(mutant_.bytes, OneOf(originals_.bundles).bytes);
  }
}

void Mutator::CutOut() {
  mutant_.damage = "bytes cut out";
  size_t begin = Below(mutant_.bytes.size() + 1);
  size_t count = Below(2) == 0 ? 1 + Below(1'000) : format::kTarBlock * (1 + Below(4));
  size_t end = std::min(mutant_.bytes.size(), begin + count);
  mutant_.bytes.erase(mutant_.bytes.begin() + Offset(begin), mutant_.bytes.begin() + Offset(end));
}

void Mutator::PutIn() {
  mutant_.damage = "bytes put in";
  size_t count = Below(2) == 0 ? 1 + Below(1'000) : format::kTarBlock * (1 + Below(4));
  Bytes more = Below(2) == 0 ? Bytes(count) : RandomBytes(count);
  size_t place = Below(mutant_.bytes.size() + 1);
  if (Below(2) == 0) place -= place % format::kTarBlock;
  mutant_.bytes.insert(mutant_.bytes.begin() + Offset(place), more.begin(), more.end());
}

uint64_t Mutator::HugeSize(uint64_t real) {
  const uint64_t sizes[] = {2 * kGiB - 1,     2 * kGiB,     2 * kGiB + 1,    4 * kGiB - 1,
                            4 * kGiB,         4 * kGiB + 1, 2 * kGiB + real, 4 * kGiB + real,
                            kLargestSize - 1, kLargestSize};
  return OneOf(sizes);
}

void Mutator::OpenHole() {
  mutant_.damage = "zeros of 2 GiB and more put in";
  size_t place = Below(mutant_.bytes.size() + 1);
  if (Below(2) == 0) place -= place % format::kTarBlock;
  mutant_.hole = {place, HugeSize(0)};
}

ByteView Mutator::MemberBytes(const Original& from, const MemberPlace& place) const {
  return ByteView(from.bytes).subspan(place.offset, place.end() - place.offset);
}

void Mutator::SpliceAtBorder() {
  mutant_.damage = "splice of two at a border of members";
  const Original& other = OneOf(originals_.bundles);
  mutant_.bytes.resize(OneOf(original_->members).offset);
  Append(mutant_.bytes, ByteView(other.bytes).subspan(OneOf(other.members).offset));
}

void Mutator::SpliceWithin() {
  mutant_.damage = "splice of two within members";
  const Original& other = OneOf(originals_.bundles);
  size_t place = Below(mutant_.bytes.size());
  size_t from = Below(2) == 0 ? std::min(place, other.bytes.size()) : Below(other.bytes.size());
  mutant_.bytes.resize(place);
  Append(mutant_.bytes, ByteView(other.bytes).subspan(from));
}

void Mutator::TakeMember() {
  mutant_.damage = "member of another bundle";
  const Original& other = OneOf(originals_.bundles);
  const MemberPlace& taken = OneOf(other.members);
  mutant_.bytes.clear();
  for (const MemberPlace& member : original_->members) {
    bool same = member.name == taken.name;
    Append(mutant_.bytes, same ? MemberBytes(other, taken) : MemberBytes(*original_, member));
  }
  mutant_.bytes.resize(mutant_.bytes.size() + format::kTarEnd);
}

void Mutator::Assemble(const std::vector<size_t>& order) {
  mutant_.bytes.clear();
  for (size_t i : order) Append(mutant_.bytes, MemberBytes(*original_, original_->members[i]));
  mutant_.bytes.resize(mutant_.bytes.size() + format::kTarEnd);
}

void Mutator::LeaveOut() {
  mutant_.damage = "member left out";
  std::vector<size_t> order(original_->members.size());
  std::iota(order.begin(), order.end(), 0);
  for (uint64_t count = 1 + Below(2); count > 0; --count)
    order.erase(order.begin() + Offset(Below(order.size())));
  Assemble(order);
}

void Mutator::Double() {
  mutant_.damage = "member doubled";
  std::vector<size_t> order(original_->members.size());
  std::iota(order.begin(), order.end(), 0);
  size_t doubled = Below(order.size());
  order.insert(order.begin() + Offset(Below(order.size() + 1)), doubled);
  Assemble(order);
}

void Mutator::Reorder() {
  mutant_.damage = "members in another order";
  std::vector<size_t> order(original_->members.size());
  std::iota(order.begin(), order.end(), 0);
  for (uint64_t swaps = 1 + Below(4); swaps > 0; --swaps)
    std::swap(order[Below(order.size())], order[Below(order.size())]);
  Assemble(order);
}

void Mutator::AddMember() {
  mutant_.damage = "member added";
  static constexpr std::string_view kNames[] = {
      "TRUST",      "MAP",      "PAYLOAD.0000",  "PAYLOAD.0001", "PAYLOAD.10000",
      "",           "MANIFEST", "etc/passwd",    "../HEADER",    "HEADER",
      "SIGNATURES", "header",   "PAYLOAD.0000 ", "RECIPIENTS.1"};
  Bytes content = RandomBytes(Below(3) * Below(600));
  Bytes member;
  Append(member, format::MakeTarBlock(OneOf(kNames), content.size()));
  Append(member, content);
  member.resize(member.size() + format::TarPadding(content.size()));
  size_t end = original_->bytes.size() - format::kTarEnd;
  size_t which = Below(original_->members.size() + 1);
  size_t place = which == original_->members.size() ? end : original_->members[which].offset;
  mutant_.bytes.insert(mutant_.bytes.begin() + Offset(place), member.begin(), member.end());
}

void Mutator::Enlarge() {
  const MemberPlace& member = OneOf(original_->members);
  mutant_.damage = StrCat("size of 2 GiB and more of ", RegionName(member));
  uint64_t size = HugeSize(member.size);
  auto block = format::MakeTarBlock(member.name, size);
  std::copy(block.begin(), block.end(), mutant_.bytes.begin() + Offset(member.offset));
  // With the content that the block speaks of, or without.
  if (Below(4) == 0) return;
  size_t place = member.content() + (Below(2) == 0 ? 0 : member.size);
  mutant_.hole = {place, format::TarMemberLength(size) - format::TarMemberLength(member.size)};
}

void Mutator::ReplaceMember(std::string_view name, ByteView content) {
  const MemberPlace& member = original_->Member(name);
  Bytes changed(mutant_.bytes.begin(), mutant_.bytes.begin() + Offset(member.offset));
  Append(changed, format::MakeTarBlock(name, content.size()));
  Append(changed, content);
  changed.resize(changed.size() + format::TarPadding(content.size()));
  Append(changed, ByteView(original_->bytes).subspan(member.end()));
  mutant_.bytes = std::move(changed);
}

void Mutator::ChangeEntries() {
  mutant_.damage = "entries of SIGNATURES";
  const MemberPlace& member = original_->Member(format::kSignaturesName);
  auto entries = Must(
      format::ParseSignatures(ByteView(original_->bytes).subspan(member.content(), member.size)));
  size_t which = Below(entries.size());
  switch (Below(6)) {
    case 0:
      std::swap(entries[which], entries[Below(entries.size())]);
      break;
    case 1:
      entries.erase(entries.begin() + Offset(which));
      break;
    case 2:
      entries.insert(entries.begin() + Offset(Below(entries.size() + 1)), entries[which]);
      break;
    case 3: {
      ByteView header = ByteView(original_->bytes).subspan(format::kTarBlock, format::kHeaderSize);
      format::SignatureEntry strange{originals_.stranger.public_key().Id(),
                                     originals_.stranger.Sign(format::SignedMessage(header))};
      entries.insert(entries.begin() + Offset(Below(entries.size() + 1)), strange);
      break;
    }
    case 4:
      entries[which].key_id = OneOf(entries).key_id;
      break;
    default:
      entries[which].signature = OneOf(entries).signature;
      break;
  }
  ReplaceMember(format::kSignaturesName, format::WriteSignatures(entries));
}

void Mutator::ChangeStanzas() {
  mutant_.damage = "stanzas of RECIPIENTS";
  while (original_->members[2].name != format::kRecipientsName)
    original_ = &OneOf(originals_.bundles);
  const MemberPlace& member = original_->members[2];
  mutant_.bytes = original_->bytes;
  ByteView content = ByteView(original_->bytes).subspan(member.content(), member.size);
  ByteReader in(content.first(content.size() - format::kMacSize));
  std::vector<Bytes> stanzas;
  while (in.remaining() > 0) {
    ByteView stanza = content.subspan(content.size() - format::kMacSize - in.remaining());
    (void)in.U16();
    size_t size = 4 + in.Raw(in.U16()).size();
    stanzas.emplace_back(stanza.begin(), stanza.begin() + Offset(size));
  }
  size_t which = Below(stanzas.size());
  switch (Below(3)) {
    case 0:
      stanzas.erase(stanzas.begin() + Offset(which));
      break;
    case 1:
      stanzas.insert(stanzas.begin() + Offset(Below(stanzas.size() + 1)), stanzas[which]);
      break;
    default:
      stanzas[which][Below(stanzas[which].size())] ^= static_cast<std::byte>(1 + Below(255));
      break;
  }
  Bytes changed;
  for (const Bytes& stanza : stanzas) Append(changed, stanza);
  Append(changed, content.last(format::kMacSize));
  ReplaceMember(format::kRecipientsName, changed);
}

void Mutator::SeveralAtOnce() {
  static constexpr Damage kSimple[] = {&Mutator::FlipBits, &Mutator::ReplaceBytes,
                                       &Mutator::Truncate, &Mutator::Extend,
                                       &Mutator::CutOut,   &Mutator::PutIn};
  for (uint64_t count = 2 + Below(6); count > 0; --count) (this->*OneOf(kSimple))();
  mutant_.damage = "several at once";
}

/// One whose chunk size cannot be another: its content has three chunks. It is encrypted, so what
/// is signed again still has no key of the chunks.
void Mutator::UseDeepOriginal() {
  auto found = std::find_if(originals_.bundles.begin(), originals_.bundles.end(),
                            [](const Original& bundle) { return bundle.name == "chunks-many"; });
  original_ = &*found;
  mutant_.bytes = original_->bytes;
}

std::span<std::byte> Mutator::Content(std::string_view name) {
  const MemberPlace& member = original_->Member(name);
  return std::span(mutant_.bytes).subspan(member.content(), member.size);
}

void Mutator::SignAgain(const Header& header) {
  Bytes bytes = header.Serialize();
  std::copy(bytes.begin(), bytes.end(), Content(format::kHeaderName).begin());
  SignAgain();
}

void Mutator::SignAgain() {
  const Bytes message = format::SignedMessage(Content(format::kHeaderName));
  std::vector<format::SignatureEntry> entries;
  for (const format::PrivateKey& key : originals_.signers)
    entries.push_back({key.public_key().Id(), key.Sign(message)});
  Bytes signatures = format::WriteSignatures(entries);
  std::copy(signatures.begin(), signatures.end(), Content(format::kSignaturesName).begin());
}

void Mutator::SignOtherHeader() {
  UseDeepOriginal();
  mutant_.damage = "other HEADER, signed again";
  if (Below(2) == 0) {
    const MemberPlace& member = original_->Member(format::kHeaderName);
    ReplaceWithin(member.content(), member.content() + member.size);
    return SignAgain();
  }
  Header header = Must(Header::Parse(Content(format::kHeaderName)));
  std::array<std::byte, 32>* const digests[] = {
      &header.content_id.bytes, &header.manifest_digest.bytes, &header.index_digest.bytes,
      &header.salt, &header.key_commitment};
  auto huge = [&](uint64_t real) { return Below(2) == 0 ? real + 1 - Below(3) : HugeSize(real); };
  switch (Below(6)) {
    case 0:
      header.suite = static_cast<format::Suite>(Below(4));
      break;
    case 1:
      header.chunk_size =
          static_cast<uint32_t>(Below(2) == 0 ? uint64_t{1} << Below(32) : huge(header.chunk_size));
      break;
    case 2:
      header.chunk_count = huge(header.chunk_count);
      break;
    case 3:
      header.manifest_size = static_cast<uint32_t>(huge(header.manifest_size));
      break;
    case 4:
      header.payload_size = huge(header.payload_size);
      break;
    default:
      (*OneOf(digests))[Below(32)] ^= static_cast<std::byte>(1 + Below(255));
      break;
  }
  SignAgain(header);
}

void Mutator::SignOtherManifest() {
  UseDeepOriginal();
  mutant_.damage = "other MANIFEST, signed again";
  const MemberPlace& member = original_->Member(format::kManifestName);
  ReplaceWithin(member.content(), member.content() + member.size);
  Header header = Must(Header::Parse(Content(format::kHeaderName)));
  header.manifest_digest = format::Sha256(Content(format::kManifestName));
  SignAgain(header);
}

void Mutator::SignOtherIndex() {
  UseDeepOriginal();
  mutant_.damage = "other INDEX, signed again";
  auto index = Content(format::kIndexName);
  size_t count = index.size() / format::kIndexEntrySize;
  auto entry = [&](size_t number) {
    return index.subspan(number * format::kIndexEntrySize, format::kIndexEntrySize);
  };
  if (Below(2) == 0) {
    auto one = entry(Below(count));
    std::swap_ranges(one.begin(), one.end(), entry(Below(count)).begin());
  } else {
    const MemberPlace& member = original_->Member(format::kIndexName);
    ReplaceWithin(member.content(), member.content() + member.size);
  }
  Header header = Must(Header::Parse(Content(format::kHeaderName)));
  header.index_digest = format::Sha256(index);
  SignAgain(header);
}

void Mutator::SignOtherChunks() {
  UseDeepOriginal();
  mutant_.damage = "other chunks, signed again";
  Header header = Must(Header::Parse(Content(format::kHeaderName)));
  auto entries = Must(format::ParseIndex(Content(format::kIndexName), header));
  auto stored = Content(format::PayloadMemberName(0));
  std::vector<Bytes> chunks;
  for (size_t place = 0; const format::IndexEntry& entry : entries) {
    auto chunk = stored.subspan(place, entry.stored_size);
    chunks.emplace_back(chunk.begin(), chunk.end());
    place += entry.stored_size;
  }
  if (Below(3) == 0) {
    std::swap(chunks[Below(chunks.size())], chunks[Below(chunks.size())]);
  } else {
    Bytes& chunk = chunks[Below(chunks.size())];
    Bytes other = RandomBytes(1 + Below(std::min<size_t>(chunk.size(), 64)));
    std::copy(other.begin(), other.end(),
              chunk.begin() + Offset(Below(chunk.size() - other.size() + 1)));
  }
  format::Index index;
  Bytes payload;
  for (const Bytes& chunk : chunks) {
    index.push_back({format::Sha256(chunk), static_cast<uint32_t>(chunk.size())});
    Append(payload, chunk);
  }
  std::copy(payload.begin(), payload.end(), stored.begin());
  Bytes index_bytes = format::WriteIndex(index);
  std::copy(index_bytes.begin(), index_bytes.end(), Content(format::kIndexName).begin());
  header.index_digest = format::Sha256(index_bytes);
  SignAgain(header);
}

}  // namespace ignite::mutants
