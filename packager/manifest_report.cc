#include "packager/manifest_report.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "packager/payload_type.h"

namespace ignite::packager {
namespace {

constexpr size_t kLabelWidth = 14;

uint64_t PlainSize(const format::PayloadInfo& payload) {
  uint64_t size = 0;
  for (const format::StreamInfo& stream : payload.streams) size += stream.size;
  return size;
}

Json ReadsToJson(const format::PayloadInfo& payload) {
  Json json = Json::EmptyArray();
  for (const format::DataRange& range : payload.reads) json.Push(range.ToString());
  return json;
}

Json PayloadToJson(const format::PayloadInfo& payload) {
  Json json = Json::EmptyObject();
  json.Set("name", payload.name).Set("type", payload.type).Set("component", payload.component);
  json.Set("version", payload.version).Set("plain-size", PlainSize(payload));
  json.Set("reads", ReadsToJson(payload));
  return json.Set("spec", payload.spec);
}

Json CheckToJson(const format::HealthCheckInfo& check) {
  Json json = Json::EmptyObject();
  json.Set("name", check.name).Set("type", check.type).Set("timeout-ms", check.timeout_ms);
  return json.Set("spec", check.spec);
}

Json RequirementsToJson(const format::Manifest& manifest) {
  Json json = Json::EmptyArray();
  for (const auto& requirement : manifest.requirements) json.Push(requirement.ToString());
  return json;
}

std::string PayloadToText(const format::PayloadInfo& payload) {
  const PayloadType* type = FindPayloadType(payload.type);
  std::string description;
  if (type != nullptr && type->describe != nullptr) description = type->describe(payload);
  if (description.empty()) description = SizeInWords(PlainSize(payload));
  for (const format::DataRange& range : payload.reads)
    description += StrCat("  reads ", range.ToString());
  return StrCat(Printable(payload.name), "  ", Printable(payload.type), "  ",
                Printable(payload.component), " ", Printable(payload.version), "  ", description);
}

std::string CheckToText(const format::HealthCheckInfo& check) {
  return StrCat(Printable(check.name), "  ", Printable(check.type), "  ",
                Printable(check.spec.Dump()), "  within ", check.timeout_ms, " ms");
}

}  // namespace

std::string ReportLine(std::string_view label, std::string_view value) {
  std::string padding(label.size() < kLabelWidth ? kLabelWidth - label.size() : 1, ' ');
  return StrCat("  ", label, padding, value, "\n");
}

Json ManifestToJson(const format::Manifest& manifest) {
  Json notes = Json::EmptyObject();
  for (const format::Note& note : manifest.notes) notes.Set(note.language, note.text);
  Json payloads = Json::EmptyArray();
  for (const auto& payload : manifest.payloads) payloads.Push(PayloadToJson(payload));
  Json health = Json::EmptyArray();
  for (const auto& check : manifest.health) health.Push(CheckToJson(check));

  Json json = Json::EmptyObject();
  json.Set("kind", format::KindName(manifest.kind)).Set("product", manifest.product);
  json.Set("version", manifest.version).Set("counter", manifest.counter);
  json.Set("epoch", manifest.epoch).Set("compatible", manifest.compatible);
  json.Set("channel", manifest.channel).Set("requires", RequirementsToJson(manifest));
  json.Set("payloads", std::move(payloads)).Set("health", std::move(health));
  return json.Set("notes", std::move(notes));
}

std::string ManifestToText(const format::Manifest& manifest) {
  std::string text = ReportLine("kind", format::KindName(manifest.kind));
  text += ReportLine("product", Printable(manifest.product));
  text += ReportLine("version", Printable(manifest.version));
  text += ReportLine("counter", std::to_string(manifest.counter));
  text += ReportLine("epoch", std::to_string(manifest.epoch));
  text += ReportLine("compatible", Printable(manifest.compatible));
  if (!manifest.channel.empty()) text += ReportLine("channel", Printable(manifest.channel));
  for (const auto& requirement : manifest.requirements) {
    text += ReportLine("requires", requirement.ToString());
  }
  for (const auto& payload : manifest.payloads)
    text += ReportLine("payload", PayloadToText(payload));
  for (const auto& check : manifest.health) text += ReportLine("health", CheckToText(check));
  for (const format::Note& note : manifest.notes) {
    text += StrCat("notes (", Printable(note.language), "):\n", PrintableLines(note.text));
    if (!text.ends_with('\n')) text += "\n";
  }
  return text;
}

}  // namespace ignite::packager
