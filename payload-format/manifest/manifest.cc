#include "payload-format/manifest/manifest.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/str_cat.h"
#include "payload-format/container/layout.h"
#include "payload-format/image/image_spec.h"
#include "payload-format/manifest/health_spec.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::format {
namespace {

constexpr int64_t kMaxEpoch = 0xffffffff;
constexpr int64_t kMaxTimeoutMs = int64_t{24} * 3600 * 1000;

Json ToJson(const PayloadInfo& payload) {
  Json streams = Json::EmptyArray();
  for (const StreamInfo& stream : payload.streams) {
    Json entry = Json::EmptyObject();
    streams.Push(entry.Set("size", stream.size).Set("digest", stream.digest.Hex()));
  }
  Json json = Json::EmptyObject();
  json.Set("name", payload.name).Set("type", payload.type).Set("component", payload.component);
  json.Set("version", payload.version).Set("spec", payload.spec).Set("streams", std::move(streams));
  if (!payload.reads.empty()) json.Set("reads", ToJson(payload.reads));
  return json;
}

Json ToJson(const HealthCheckInfo& check) {
  Json json = Json::EmptyObject();
  json.Set("name", check.name).Set("type", check.type).Set("timeout-ms", check.timeout_ms);
  return json.Set("spec", check.spec);
}

Result<StreamInfo> ParseStream(const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  StreamInfo stream;
  stream.size = static_cast<uint64_t>(fields.Integer("size", 0, Json::kMaxInteger));
  auto digest = Sha256Digest::FromHexText(fields.String("digest"));
  if (!digest) fields.Fault("digest", "is no SHA-256 digest");
  TRY(fields.Finish());
  stream.digest = *digest;
  return stream;
}

/// A name by which a type or an entry goes; FromJson of the type checks the rest.
std::string NameField(JsonFields& fields, std::string_view key) {
  std::string name = fields.String(key);
  if (!IsName(name)) fields.Fault(key, "is no name");
  return name;
}

const Json& ObjectField(JsonFields& fields, std::string_view key) {
  const Json& value = fields.Required(key);
  if (value.AsObject() == nullptr) fields.Fault(key, "is no object");
  return value;
}

Result<PayloadInfo> ParsePayload(const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  PayloadInfo payload;
  payload.name = NameField(fields, "name");
  payload.type = NameField(fields, "type");
  payload.component = fields.String("component");
  payload.version = fields.String("version");
  payload.spec = ObjectField(fields, "spec");
  if (!IsComponent(payload.component)) fields.Fault("component", "names no component");
  if (!IsVersion(payload.version)) fields.Fault("version", "is no version");
  for (const Json& stream : fields.Array("streams")) {
    std::string place = StrCat(where, ".streams[", payload.streams.size(), "]");
    payload.streams.push_back(TRY(ParseStream(stream, place)));
  }
  if (const Json* reads = fields.Optional("reads"))
    payload.reads = TRY(ReadsFromJson(*reads, StrCat(where, ".reads")));
  if (!payload.reads.empty() && IsDataComponent(payload.component))
    fields.Fault("reads", "is not for data");
  TRY(fields.Finish());
  return payload;
}

Result<HealthCheckInfo> ParseCheck(const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  HealthCheckInfo check;
  check.name = NameField(fields, "name");
  check.type = NameField(fields, "type");
  check.timeout_ms = fields.Integer("timeout-ms", 1, kMaxTimeoutMs);
  check.spec = ObjectField(fields, "spec");
  TRY(fields.Finish());
  if (const HealthType* type = FindHealthType(check.type)) TRY(HealthParameter(*type, check.spec));
  return check;
}

Result<> CheckStreams(const Manifest& manifest, uint32_t chunk_size, uint64_t chunk_count) {
  uint64_t chunks = 0;
  for (const PayloadInfo& payload : manifest.payloads) {
    for (const StreamInfo& stream : payload.streams) chunks += stream.ChunkCount(chunk_size);
    if (chunks > kMaxChunks) break;
  }
  if (chunks == chunk_count) return {};
  return Error{ErrorCode::kCorrupt, "the bundle's manifest does not describe all of its chunks",
               "build the bundle anew"};
}

/// Whether these two, of one component, are the image and the tree of the operating system.
bool AreForms(const PayloadInfo& one, const PayloadInfo& other) {
  return one.component == kOperatingSystem &&
         std::set{one.type, other.type} ==
             std::set{std::string(ImageSpec::kType), std::string(TreeSpec::kType)};
}

Result<> CheckForms(const Manifest& manifest) {
  const PayloadInfo* first = nullptr;
  for (const PayloadInfo& payload : manifest.payloads) {
    if (payload.component != kOperatingSystem) continue;
    if (first == nullptr) first = &payload;
    if (payload.version == first->version && payload.reads == first->reads) continue;
    return Error{ErrorCode::kCorrupt,
                 "the bundle's manifest has two forms of the operating system that differ in "
                 "version or reads",
                 "build the bundle anew"};
  }
  return {};
}

Result<> CheckUnique(const Manifest& manifest) {
  std::set<std::string_view> names;
  std::map<std::string_view, std::vector<const PayloadInfo*>> components;
  std::set<std::string_view> checks;
  bool unique = true;
  for (const PayloadInfo& payload : manifest.payloads) {
    auto& others = components[payload.component];
    unique &= names.insert(payload.name).second;
    unique &= std::all_of(others.begin(), others.end(),
                          [&](const auto* other) { return AreForms(payload, *other); });
    others.push_back(&payload);
  }
  for (const HealthCheckInfo& check : manifest.health) unique &= checks.insert(check.name).second;
  if (unique) return {};
  return Error{ErrorCode::kCorrupt,
               "the bundle's manifest names a payload, component or check twice",
               "build the bundle anew"};
}

}  // namespace

bool Manifest::HasForms(std::string_view component) const {
  return std::count_if(payloads.begin(), payloads.end(), [&](const PayloadInfo& payload) {
           return payload.component == component;
         }) > 1;
}

std::string Manifest::Serialize() const {
  Json requires_json = Json::EmptyArray();
  for (const Requirement& requirement : requirements) requires_json.Push(requirement.ToString());
  Json notes_json = Json::EmptyObject();
  for (const Note& note : notes) notes_json.Set(note.language, note.text);
  Json payloads_json = Json::EmptyArray();
  for (const PayloadInfo& payload : payloads) payloads_json.Push(ToJson(payload));
  Json health_json = Json::EmptyArray();
  for (const HealthCheckInfo& check : health) health_json.Push(ToJson(check));

  Json json = Json::EmptyObject();
  json.Set("kind", KindName(kind))
      .Set("product", product)
      .Set("version", version)
      .Set("counter", counter);
  json.Set("epoch", epoch).Set("compatible", compatible).Set("channel", channel);
  json.Set("requires", std::move(requires_json)).Set("notes", std::move(notes_json));
  json.Set("payloads", std::move(payloads_json)).Set("health", std::move(health_json));
  return json.Dump();
}

Result<Manifest> Manifest::Parse(std::string_view json, uint32_t chunk_size, uint64_t chunk_count) {
  Json document = TRY(Json::ParseStrict(json));
  JsonFields fields(document, "manifest");
  Manifest manifest;
  auto kind = ParseKind(fields.String("kind"));
  if (!kind) fields.Fault("kind", "is unknown");
  manifest.kind = kind.value_or(Kind::kProduct);
  manifest.product = NameField(fields, "product");
  manifest.version = fields.String("version");
  if (!IsVersion(manifest.version)) fields.Fault("version", "is no version");
  manifest.counter = static_cast<uint64_t>(fields.Integer("counter", 0, Json::kMaxInteger));
  manifest.epoch = static_cast<uint32_t>(fields.Integer("epoch", 0, kMaxEpoch));
  manifest.compatible = NameField(fields, "compatible");
  manifest.channel = fields.String("channel");
  if (!manifest.channel.empty() && !IsName(manifest.channel)) fields.Fault("channel", "is no name");
  for (const std::string& element : fields.Strings("requires")) {
    auto requirement = Requirement::Parse(element);
    if (!requirement) fields.Fault("requires", "holds something that is no requirement");
    if (requirement) manifest.requirements.push_back(*std::move(requirement));
  }
  const Json& notes = ObjectField(fields, "notes");
  const Json::Array& payloads = fields.Array("payloads");
  const Json::Array& health = fields.Array("health");
  TRY(fields.Finish());

  for (const auto& [language, note] : *notes.AsObject()) {
    if (note.AsString() == nullptr) {
      return Error{ErrorCode::kCorrupt, "a note of the manifest is no string",
                   "build the bundle anew"};
    }
    manifest.notes.push_back({language, *note.AsString()});
  }
  for (const Json& payload : payloads) {
    manifest.payloads.push_back(
        TRY(ParsePayload(payload, StrCat("payloads[", manifest.payloads.size(), "]"))));
  }
  for (const Json& check : health) {
    manifest.health.push_back(
        TRY(ParseCheck(check, StrCat("health[", manifest.health.size(), "]"))));
  }
  TRY(CheckUnique(manifest));
  TRY(CheckForms(manifest));
  TRY(CheckStreams(manifest, chunk_size, chunk_count));
  return manifest;
}

}  // namespace ignite::format
