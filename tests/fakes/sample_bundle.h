// A small bundle and the keys around it, for every test that needs one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "payload-format/bundle_writer.h"
#include "payload-format/verified_bundle.h"

namespace ignite::fakes {

/// The same in every run; the names say who holds them.
struct SampleKeys {
  format::PrivateKey release;
  format::PrivateKey qa;
  format::PrivateKey licence;
  format::PrivateKey stranger;  ///< Stands in no keyring.
  format::PrivateKey identity;  ///< Of the probe.
  format::PrivateKey other_identity;
  format::Keyring keyring;  ///< release, qa and licence, each with its one key.
};
const SampleKeys& Keys();

/// A copy of a private key, which cannot be copied otherwise.
format::PrivateKey CopyOf(const format::PrivateKey& key);
std::unique_ptr<format::Signer> SignerOf(const format::PrivateKey& key);

/// The two streams of a tree payload with a root folder and these files in it, in the order of
/// their names.
struct SampleFile {
  std::string_view name;
  std::string_view content;
};
std::vector<std::unique_ptr<format::StreamSource>> TreeStreams(
    const std::vector<SampleFile>& files);

/// A service pack of two trees, signed by release and qa, encrypted to both identities: "web" has a
/// content of three chunks that hardly take space, "docs" one of no bytes.
format::BundlePlan SamplePlan();
/// What the four streams of the sample hold.
const std::vector<Bytes>& SampleStreams();

/// The file that a plan becomes. Throws where it becomes none.
Bytes Build(format::BundlePlan plan);

/// Keeps every stream, and knows whether each was ended.
class RecordingSink : public format::PayloadSink {
 public:
  Result<> BeginStream(size_t payload, size_t stream) override;
  Result<> Write(ByteView plain) override;
  Result<> EndStream() override;

  std::vector<Bytes> streams;
  std::vector<std::pair<size_t, size_t>> numbers;  ///< Payload and stream of each.
  size_t ended = 0;
};

struct ReadOptions {
  const format::Keyring& keyring = Keys().keyring;
  const format::PrivateKey& identity = Keys().identity;
  format::PlainBundles plain = format::PlainBundles::kRefused;
  unsigned threads = 1;
};
/// Opens a bundle and reads all of it: the streams, or the first Error.
Result<std::vector<Bytes>> ReadBundle(std::unique_ptr<InputFile> file,
                                      const ReadOptions& options = {});
Result<std::vector<Bytes>> ReadBundle(ByteView bundle, const ReadOptions& options = {});

/// A member of a bundle: where its header block begins, and the size of its content.
struct MemberPlace {
  std::string name;
  size_t offset = 0;
  size_t size = 0;

  size_t content() const { return offset + format::kTarBlock; }
  size_t end() const { return offset + static_cast<size_t>(format::TarMemberLength(size)); }
};
std::vector<MemberPlace> MembersOf(ByteView bundle);

}  // namespace ignite::fakes
