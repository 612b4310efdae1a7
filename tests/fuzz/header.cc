// HEADER, SIGNATURES and the header blocks of members: fixed layouts, so what was read and written
// again is the same.

#include "payload-format/container/header.h"

#include <algorithm>

#include "payload-format/container/signatures.h"
#include "payload-format/container/ustar.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using format::Header;

bool Same(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

void ReadHeader(ByteView input) {
  auto header = Header::Parse(input);
  PromiseGoodError(header);
  if (!header) return;
  Promise(Same(header->Serialize(), input), "HEADER has one form");
  Promise(header->payload_size <= uint64_t{format::kMaxChunks} * 2 * format::kMaxChunkSize,
          "the size of the payload is bounded");
}

void ReadSignatures(ByteView input) {
  auto signatures = format::ParseSignatures(input);
  PromiseGoodError(signatures);
  if (signatures) Promise(Same(format::WriteSignatures(*signatures), input), "SIGNATURES");
}

void ReadBlock(ByteView input) {
  format::TarBlock block{};
  std::copy_n(input.begin(), std::min(input.size(), block.size()), block.begin());
  auto member = format::ReadTarBlock(block);
  PromiseGoodError(member);
  if (member)
    Promise(Same(format::MakeTarBlock(member->name, member->size), block), "a block has one form");
}

const Target kHeader{"header", [](ByteView input) {
                       ReadHeader(input);
                       ReadSignatures(input);
                       ReadBlock(input);
                     }};

}  // namespace
}  // namespace ignite::fuzz
