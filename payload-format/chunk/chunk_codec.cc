#include "payload-format/chunk/chunk_codec.h"

#include <zstd.h>

#include <cstdlib>

#include "base/c_handle.h"
#include "base/str_cat.h"
#include "payload-format/crypto/aead.h"

namespace ignite::format {
namespace {

using Compressor = CHandle<ZSTD_CCtx, ZSTD_freeCCtx>;
using Decompressor = CHandle<ZSTD_DCtx, ZSTD_freeDCtx>;

Bytes NonceFor(const StreamKey& key, uint64_t number) {
  Bytes nonce = key.base_nonce;
  for (size_t i = 0; i < 8; ++i)
    nonce[nonce.size() - 1 - i] ^= static_cast<std::byte>(number >> (8 * i));
  return nonce;
}

Bytes AadFor(uint32_t stream, uint64_t number, bool last) {
  return std::move(ByteWriter().U32(stream).U64(number).U8(last ? 1 : 0)).bytes();
}

constexpr int kWindowLog = 20;
static_assert(1 << kWindowLog == kMaxChunkSize);
/// Of the frame header descriptor, the byte behind the magic.
constexpr std::byte kSingleSegment{0x20};

Bytes Compress(ByteView plain, int level) {
  // A context is costly to make and not to be shared between threads.
  thread_local Compressor context(ZSTD_createCCtx());
  Bytes frame(ZSTD_compressBound(plain.size()));
  // Level 1 alone would take a window smaller than a large chunk, and then no single segment.
  (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, kWindowLog);
  size_t size =
      ZSTD_compress2(context.get(), frame.data(), frame.size(), plain.data(), plain.size());
  if (ZSTD_isError(size) != 0) std::abort();  // The buffer is large enough for any input.
  frame.resize(size);
  return frame;
}

Error Damaged() {
  return {ErrorCode::kCorrupt, "a chunk of the bundle does not decompress to what was signed",
          "build the bundle anew"};
}

/// Whether the only memory that the frame asks for is that of its content, and this is as large as
/// it should be.
bool IsSegmentOf(size_t plain_size, ByteView frame) {
  // No size is told of a frame whose header is cut off.
  return ZSTD_getFrameContentSize(frame.data(), frame.size()) == plain_size &&
         (frame[sizeof(uint32_t)] & kSingleSegment) != std::byte{0};
}

/// Whether the frame gives just as many bytes as `plain` has room for, and ends with them.
bool Fill(Bytes& plain, ByteView frame) {
  thread_local Decompressor context(ZSTD_createDCtx());
  (void)ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only);
  ZSTD_outBuffer out{plain.data(), plain.size(), 0};
  // Of a frame that it has as a whole the library does not look at the size of the blocks.
  ZSTD_inBuffer in{frame.data(), frame.size() - 1, 0};
  for (size_t left = 1; left != 0;) {
    size_t before = in.pos + out.pos;
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return false;
    bool stands_still = left != 0 && in.pos + out.pos == before;
    if (stands_still && in.size == frame.size()) return false;
    if (stands_still) in.size = frame.size();
  }
  return in.pos == frame.size() && out.pos == plain.size();
}

Result<Bytes> Decompress(ByteView frame, size_t plain_size, Bytes plain) {
  // Debian's library also takes skippable frames and those of zstd 0.5 to 0.7.
  if (ByteReader(frame).U32() != ZSTD_MAGICNUMBER) return Damaged();
  if (!IsSegmentOf(plain_size, frame)) return Damaged();
  if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return Damaged();
  plain.resize(plain_size);
  if (!Fill(plain, frame)) return Damaged();
  return plain;
}

}  // namespace

ChunkCodec::ChunkCodec(const Header& header, const std::optional<FileKey>& file_key,
                       uint32_t stream)
    : stream_(stream) {
  if (file_key) key_ = DeriveStreamKey(*file_key, header, stream);
}

Bytes ChunkCodec::Encode(ByteView plain, uint64_t number, bool last, int level) const {
  Bytes frame = Compress(plain, level);
  if (!key_) return frame;
  return AeadSeal(key_->key, NonceFor(*key_, number), AadFor(stream_, number, last), frame);
}

Result<Bytes> ChunkCodec::Decode(ByteView stored, uint64_t number, bool last, size_t plain_size,
                                 Bytes memory) const {
  if (!key_) return Decompress(stored, plain_size, std::move(memory));
  auto frame = AeadOpen(key_->key, NonceFor(*key_, number), AadFor(stream_, number, last), stored);
  if (!frame)
    return Error{ErrorCode::kCorrupt, "a chunk of the bundle does not decrypt",
                 "build the bundle anew"};
  return Decompress(*frame, plain_size, std::move(memory));
}

Bytes SealManifest(ByteView json, const StreamKey& key) {
  return AeadSeal(key.key, NonceFor(key, 0), AadFor(0, 0, true), json);
}

std::optional<Bytes> OpenManifest(ByteView sealed, const StreamKey& key) {
  return AeadOpen(key.key, NonceFor(key, 0), AadFor(0, 0, true), sealed);
}

}  // namespace ignite::format
