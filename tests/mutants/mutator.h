// Makes one mutant from a seed and its number: the same pair always makes the same one.
#pragma once

#include <random>

#include "tests/mutants/mutant.h"

namespace ignite::mutants {

class Mutator {
 public:
  Mutator(const Originals& originals, uint64_t seed, uint64_t number);

  Mutant Make();

 private:
  using Damage = void (Mutator::*)();

  // Each changes the mutant and says in its `damage` what was done. The simple ones are also done
  // several at once, so they take the bytes as they find them.
  void FlipBits();
  void ReplaceBytes();
  void Truncate();
  void Extend();
  void CutOut();
  void PutIn();
  void OpenHole();

  // These take the original apart.
  void SpliceAtBorder();
  void SpliceWithin();
  void TakeMember();
  void LeaveOut();
  void Double();
  void Reorder();
  void AddMember();
  void Enlarge();
  void ChangeEntries();
  void ChangeStanzas();
  void SeveralAtOnce();

  // These sign HEADER again, as a careless builder with the keys would.
  void SignOtherHeader();
  void SignOtherManifest();
  void SignOtherIndex();
  void SignOtherChunks();

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  template <class List>
  const auto& OneOf(const List& list) {
    return list[Below(std::size(list))];
  }
  Bytes RandomBytes(size_t size);
  /// A span of the bytes in one region of the original, none of them behind the mutant's end.
  struct Region {
    std::string name;
    size_t begin;
    size_t end;
  };
  Region AnyRegion();
  void ReplaceWithin(size_t begin, size_t end);
  ByteView MemberBytes(const Original& from, const fakes::MemberPlace& place) const;
  void Assemble(const std::vector<size_t>& order);
  void ReplaceMember(std::string_view name, ByteView content);
  void UseDeepOriginal();
  void SignAgain();
  void SignAgain(const format::Header& header);
  std::span<std::byte> Content(std::string_view name);
  uint64_t HugeSize(uint64_t real);

  const Originals& originals_;
  std::mt19937_64 random_;
  const Original* original_;
  Mutant mutant_;
};

}  // namespace ignite::mutants
