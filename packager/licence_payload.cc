#include "packager/licence_payload.h"

#include <algorithm>

#include "base/clock.h"
#include "base/date.h"
#include "base/str_cat.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "packager/key_files.h"
#include "payload-format/licence/licence_spec.h"

namespace ignite::packager {
namespace {

using format::LicenceSpec;

class LicenceInput : public PayloadInput {
 public:
  LicenceInput(LicenceSpec spec, std::vector<std::string> sources, int end_line)
      : spec_(std::move(spec)), sources_(std::move(sources)), end_line_(end_line) {}

  std::vector<TakenPlace> Places() const override { return {}; }
  std::vector<std::string> Sources() const override { return sources_; }

  Result<PayloadContent> Collect(const CollectContext& context,
                                 std::vector<Fault>& faults) override {
    spec_.issued = DateText(context.source_date_epoch.value_or(MakeSystemClock()->WallSeconds()));
    if (!spec_.not_after.empty() && spec_.not_after < spec_.issued) {
      faults.push_back({end_line_,
                        StrCat("the licence would have ended before today, ", spec_.issued),
                        "write a later day, or leave not-after out"});
    }
    PayloadContent content;
    content.spec = spec_.ToJson();
    return content;
  }

 private:
  LicenceSpec spec_;
  std::vector<std::string> sources_;
  int end_line_;
};

/// The files of the public keys; what they hold goes to `spec`.
std::vector<std::string> ReadIdentities(RecipeSection& section, const std::string& folder,
                                        LicenceSpec& spec) {
  (void)section.Required("identity", "probe.pub");
  std::vector<std::string> paths = section.List("identity");
  for (std::string& path : paths) {
    path = BesideRecipe(folder, path);
    auto key = ReadPublicKey(format::KeyType::kX25519, path);
    if (!key) {
      section.Refuse("identity", key.error().cause,
                     "give the .pub file of 'ignite-pack keygen --identity'");
      continue;
    }
    std::string identity = ToHex(key->bytes);
    auto& all = spec.identities;
    if (std::find(all.begin(), all.end(), identity) == all.end()) all.push_back(identity);
  }
  if (spec.identities.size() > format::kMaxLicenceIdentities) {
    section.Refuse("identity",
                   StrCat("a licence is for at most ", format::kMaxLicenceIdentities,
                          " probes, these are ", spec.identities.size()),
                   "make several licences");
  }
  return paths;
}

std::string ReadText(RecipeSection& section, std::string_view key) {
  std::string text = section.RequiredWhole(key, "Example Networks");
  if (!text.empty() && !format::IsLicenceText(text)) {
    section.Refuse(
        key, StrCat("'", key, "' is no text of a licence"),
        StrCat("write one line of at most ", format::kMaxLicenceText, " bytes, as UTF-8"));
  }
  return text;
}

void RefuseTooMany(RecipeSection& section, std::string_view key, size_t count) {
  if (count <= format::kMaxLicenceWords) return;
  section.Refuse(key, StrCat("a licence has at most ", format::kMaxLicenceWords, " ", key),
                 "leave some out");
}

void ReadFeatures(RecipeSection& section, LicenceSpec& spec) {
  spec.features = section.List("features");
  auto& all = spec.features;
  for (auto feature = all.begin(); feature != all.end(); ++feature) {
    if (!format::IsName(*feature)) {
      section.Refuse("features", StrCat(Quoted(*feature), " is no name"),
                     "use letters, digits, '.', '_' and '-'");
    } else if (std::find(all.begin(), feature, *feature) != feature) {
      section.Refuse("features", StrCat(Quoted(*feature), " stands twice"), "write it once");
    }
  }
  RefuseTooMany(section, "features", all.size());
}

void ReadLimits(RecipeSection& section, LicenceSpec& spec) {
  for (const std::string& text : section.List("limits")) {
    size_t equals = std::min(text.find('='), text.size());
    std::string name(TrimSpace(std::string_view(text).substr(0, equals)));
    auto number = equals == text.size()
                      ? std::nullopt
                      : ParseNumber(TrimSpace(std::string_view(text).substr(equals + 1)));
    if (!format::IsName(name) || !number || *number > static_cast<uint64_t>(Json::kMaxInteger)) {
      section.Refuse("limits", StrCat(Quoted(text), " is no limit"),
                     "write NAME = NUMBER, such as: limits = sensors = 500, users = 20");
    } else if (!spec.limits.emplace(name, static_cast<int64_t>(*number)).second) {
      section.Refuse("limits", StrCat(Quoted(name), " stands twice"), "write it once");
    }
  }
  RefuseTooMany(section, "limits", spec.limits.size());
}

void ReadEnd(RecipeSection& section, LicenceSpec& spec) {
  if (!section.Has("not-after")) return;
  spec.not_after = section.Required("not-after", "2027-12-31");
  if (!spec.not_after.empty() && !ParseDate(spec.not_after)) {
    section.Refuse("not-after", StrCat(Quoted(spec.not_after), " is no day"),
                   "write the last day as YEAR-MONTH-DAY, such as 2027-12-31");
  }
}

}  // namespace

std::unique_ptr<PayloadInput> ReadLicenceInput(RecipeSection& section, const std::string& folder) {
  std::string component = section.Optional("component");
  if (format::IsComponent(component) && component != LicenceSpec::kComponent) {
    section.Refuse("component", StrCat("a licence cannot be of the component ", Quoted(component)),
                   StrCat("write component = ", LicenceSpec::kComponent));
  }
  LicenceSpec spec;
  std::vector<std::string> sources = ReadIdentities(section, folder, spec);
  spec.customer = ReadText(section, "customer");
  if (section.Has("serial")) spec.serial = ReadText(section, "serial");
  ReadFeatures(section, spec);
  ReadLimits(section, spec);
  ReadEnd(section, spec);
  return std::make_unique<LicenceInput>(std::move(spec), std::move(sources),
                                        section.LineOf("not-after"));
}

std::string DescribeLicence(const format::PayloadInfo& payload) {
  auto spec = LicenceSpec::FromJson(payload.spec);
  if (!spec) return "";
  std::string text = StrCat("for ", PrintableLines(spec->customer), ", ", spec->identities.size(),
                            spec->identities.size() == 1 ? " probe, " : " probes, ");
  text += spec->not_after.empty() ? "without an end" : StrCat("until ", spec->not_after);
  for (const std::string& feature : spec->features) text += StrCat(", ", feature);
  for (const auto& [name, number] : spec->limits) text += StrCat(", ", name, " ", number);
  return text;
}

}  // namespace ignite::packager
