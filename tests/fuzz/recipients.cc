// RECIPIENTS: first as it stands, then with a stanza for our key behind it and a MAC that holds, so
// that mutations of foreign stanzas do not all end at the MAC.

#include "payload-format/container/recipients.h"

#include <algorithm>

#include "payload-format/crypto/hash.h"
#include "tests/fakes/sample_bundle.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

/// A HEADER that commits to a file key of which RECIPIENTS are made.
struct Fixture {
  format::FileKey file_key;
  format::Header header;
  Bytes stanza;

  Fixture() {
    file_key.bytes.fill(std::byte{7});
    Bytes commitment = format::DeriveStreamKey(file_key, header, 0).commitment;
    std::copy(commitment.begin(), commitment.end(), header.key_commitment.begin());
    format::PublicKey recipient = fakes::Keys().identity.public_key();
    stanza = Promised(format::WriteRecipients(file_key, header, std::span(&recipient, 1)),
                      "RECIPIENTS can be written");
    stanza.resize(stanza.size() - format::kMacSize);
  }

  auto Open(ByteView member) const {
    return format::OpenRecipients(member, header, std::span(&fakes::Keys().identity, 1));
  }
};

const Target kRecipients{
    "recipients", [](ByteView input) {
      static const Fixture fixture;
      auto count = format::CountRecipients(input);
      PromiseGoodError(count);
      auto opened = fixture.Open(input);
      PromiseGoodError(opened);
      if (opened) Promise(count && *count > 0, "a file key comes from a stanza");

      // Where a stanza is cut off, it would swallow ours.
      if (!format::CountRecipients(ByteWriter().Raw(input).Zeros(format::kMacSize).bytes())) return;
      ByteWriter member;
      member.Raw(input).Raw(fixture.stanza);
      Bytes mac_key = format::DeriveRecipientsMacKey(fixture.file_key, fixture.header);
      member.Raw(format::HmacSha256(mac_key, member.bytes()).bytes);
      auto file_key =
          Promised(fixture.Open(member.bytes()), "our stanza opens behind any that are sound");
      Promise(file_key.bytes == fixture.file_key.bytes, "our stanza gives our file key");
      Promise(Promised(format::CountRecipients(member.bytes()), "stanzas are counted") > 0,
              "ours is counted");
    }};

}  // namespace
}  // namespace ignite::fuzz
