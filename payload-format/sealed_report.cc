#include "payload-format/sealed_report.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "payload-format/crypto/hpke.h"

namespace ignite::format {
namespace {

constexpr std::string_view kReportMagic = "\x89IGNRPT\n";
constexpr std::string_view kInfo = "ignite report 1";
static_assert(kReportMagic.size() == 8);

}  // namespace

Bytes SealReport(const PublicKey& recipient, ByteView report) {
  HpkeMessage message = HpkeSeal(recipient, AsBytes(kInfo), {}, report);
  Bytes sealed;
  for (ByteView piece :
       {AsBytes(kReportMagic), ByteView(message.encapsulated_key), ByteView(message.sealed)})
    sealed.insert(sealed.end(), piece.begin(), piece.end());
  return sealed;
}

Result<Bytes> OpenReport(const PrivateKey& identity, ByteView sealed) {
  if (!AsText(sealed).starts_with(kReportMagic)) {
    return Error{ErrorCode::kUnsupported, "this is no sealed report",
                 "give a NAME.report.tar.zst.sealed of an outbox"};
  }
  ByteView rest = sealed.subspan(kReportMagic.size());
  HpkeMessage message;
  if (rest.size() < message.encapsulated_key.size())
    return Error{ErrorCode::kTruncated, "the report is not complete", "download it again"};
  std::copy_n(rest.begin(), message.encapsulated_key.size(), message.encapsulated_key.begin());
  rest = rest.subspan(message.encapsulated_key.size());
  message.sealed.assign(rest.begin(), rest.end());
  if (auto report = HpkeOpen(identity, message, AsBytes(kInfo), {})) return *std::move(report);
  return Error{ErrorCode::kNotAddressed, "the report is for another key, or damaged",
               "give the secret key of 'report-recipient' in the agent.ini of that probe, or "
               "download it again"};
}

}  // namespace ignite::format
