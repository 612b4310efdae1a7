#include "agent/outbox/report_archive.h"

#include <algorithm>

#include "base/str_cat.h"
#include "payload-format/chunk/zstd_frame.h"
#include "payload-format/container/ustar.h"

namespace ignite::outbox {
namespace {

/// Behind the last member of a tar.
constexpr size_t kEndBlocks = 2 * format::kTarBlock;

std::string EndOf(const std::string& text, size_t limit) {
  if (text.size() <= limit) return text;
  std::string note = StrCat("(of ", text.size(), " bytes the end)\n");
  if (limit < note.size()) return {};
  return note + text.substr(text.size() - (limit - note.size()));
}

void Append(Bytes& tar, ByteView bytes) { tar.insert(tar.end(), bytes.begin(), bytes.end()); }

}  // namespace

Bytes PackReport(const std::vector<ReportPart>& parts, const ReportBounds& bounds) {
  Bytes tar;
  for (const ReportPart& part : parts) {
    size_t taken = tar.size() + kEndBlocks + 2 * format::kTarBlock;
    if (taken >= bounds.all) break;
    std::string text = EndOf(part.text, std::min(bounds.part, bounds.all - taken));
    Append(tar, format::MakeTarBlock(StrCat("report/", part.name), text.size()));
    Append(tar, AsBytes(text));
    tar.resize(tar.size() + format::TarPadding(text.size()));
  }
  tar.resize(tar.size() + kEndBlocks);
  return format::CompressFrame(tar);
}

}  // namespace ignite::outbox
