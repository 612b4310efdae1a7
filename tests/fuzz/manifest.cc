// The manifest, and the specs of its payloads and health checks: what was parsed and written again
// is the same, and every word of it is one that the format knows.

#include "payload-format/manifest/manifest.h"

#include <map>
#include <set>

#include "payload-format/config/config_spec.h"
#include "payload-format/data/migrations_spec.h"
#include "payload-format/image/image_spec.h"
#include "payload-format/licence/licence_spec.h"
#include "payload-format/manifest/health_spec.h"
#include "payload-format/manifest/places.h"
#include "payload-format/tree/tree_spec.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

using format::Manifest;

constexpr uint32_t kChunkSize = 4096;

/// What HEADER must say for the streams of a text, so that no mutation ends at their sum.
uint64_t ChunksOf(std::string_view text) {
  auto json = Json::ParseStrict(text);
  uint64_t chunks = 0;
  const Json* payloads = json ? json->Find("payloads") : nullptr;
  if (payloads == nullptr || payloads->AsArray() == nullptr) return 0;
  for (const Json& payload : *payloads->AsArray()) {
    const Json* streams = payload.Find("streams");
    if (streams == nullptr || streams->AsArray() == nullptr) continue;
    for (const Json& stream : *streams->AsArray()) {
      const Json* size = stream.Find("size");
      if (size == nullptr || size->AsInteger() == nullptr || *size->AsInteger() < 0) continue;
      chunks +=
          format::StreamInfo{static_cast<uint64_t>(*size->AsInteger()), {}}.ChunkCount(kChunkSize);
    }
  }
  return chunks;
}

/// `more` is what the spec hangs from besides.
template <class Spec, class... More>
Result<Spec> PromiseSpec(const Json& json, const More&... more) {
  auto spec = Spec::FromJson(json, more...);
  PromiseGoodError(spec);
  if (!spec) return spec;
  auto again = Spec::FromJson(spec->ToJson(), more...);
  Promise(again && again->ToJson() == spec->ToJson(), "a spec is the same again");
  return spec;
}

void PromiseSteps(const std::vector<format::Step>& steps) {
  uint64_t last = 0;
  for (const format::Step& step : steps) {
    Promise(step.number > last, "steps are in the order of their numbers");
    last = step.number;
    Promise(format::IsName(step.name), "a step has a name");
    for (const std::string& file : {step.up, step.down})
      Promise(file.find('/') == std::string::npos, "the file of a step lies right in its folder");
  }
}

void PromisePayload(const format::PayloadInfo& payload) {
  Promise(format::IsName(payload.name) && format::IsName(payload.type), "a payload has a name");
  Promise(format::IsComponent(payload.component), "a payload has a component");
  Promise(format::IsVersion(payload.version), "a payload has a version");
  PromiseGoodError(format::ImageSpec::Check(payload));
  (void)PromiseSpec<format::LicenceSpec>(payload.spec);
  if (auto config = PromiseSpec<format::ConfigSpec>(payload.spec))
    PromiseSteps(config->folder.steps);
  if (auto migrations = PromiseSpec<format::MigrationsSpec>(payload.spec)) {
    PromiseSteps(migrations->folder.steps);
    Promise(migrations->meanings.size() == migrations->folder.steps.size(),
            "every step has a meaning");
  }
  auto tree = PromiseSpec<format::TreeSpec>(payload.spec, payload.component);
  // An operating system has its slot for a place.
  if (!tree || tree->path.empty()) return;
  format::TakenPlaces taken;
  for (const std::string& place : tree->Places()) {
    // PATH/releases may be too long for the limit that PATH just keeps.
    Promise(place.starts_with('/') && place.find("/../") == std::string::npos,
            "a place is a path of the probe");
    (void)taken.Take({place, payload.name});
  }
}

void PromiseCheck(const format::HealthCheckInfo& check) {
  Promise(format::IsName(check.name) && check.timeout_ms > 0, "a check has a name and a time-out");
  const format::HealthType* type = format::FindHealthType(check.type);
  if (type == nullptr) return;
  auto parameter = format::HealthParameter(*type, check.spec);
  PromiseGoodError(parameter);
  if (parameter) Promise(type->is_valid(*parameter), "a parameter is one of its type");
}

bool IsOfBothForms(const std::set<std::string>& types) {
  return types ==
         std::set{std::string(format::ImageSpec::kType), std::string(format::TreeSpec::kType)};
}

const Target kManifest{
    "manifest", [](ByteView input) {
      std::string_view text = AsText(input);
      uint64_t chunks = ChunksOf(text);
      auto manifest = Manifest::Parse(text, kChunkSize, chunks);
      PromiseGoodError(manifest);
      if (!manifest) return;
      Promise(!Manifest::Parse(text, kChunkSize, chunks + 1), "HEADER has the sum of the chunks");
      std::string written = manifest->Serialize();
      auto again = Manifest::Parse(written, kChunkSize, chunks);
      Promise(again && again->Serialize() == written, "a manifest is the same again");
      Promise(format::IsName(manifest->product) && format::IsName(manifest->compatible) &&
                  format::IsVersion(manifest->version),
              "a manifest says what it is for");
      std::map<std::string, std::set<std::string>> types;
      for (const auto& payload : manifest->payloads) {
        PromisePayload(payload);
        auto& of_component = types[payload.component];
        bool is_first = of_component.empty();
        Promise(
            of_component.insert(payload.type).second && (is_first || IsOfBothForms(of_component)),
            "a component has one payload, the operating system one of each form");
        Promise(is_first || payload.component == format::kOperatingSystem,
                "only the operating system has two forms");
      }
      for (const auto& check : manifest->health) PromiseCheck(check);
      for (const auto& requirement : manifest->requirements) {
        auto same = format::Requirement::Parse(requirement.ToString());
        Promise(same && same->ToString() == requirement.ToString(), "a requirement is the same");
      }
    }};

}  // namespace
}  // namespace ignite::fuzz
