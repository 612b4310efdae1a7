#include "payload-format/config/config_spec.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::format {

std::vector<std::string> ConfigSpec::Places() const {
  return {path + "/current", path + "/releases"};
}

Json ConfigSpec::ToJson() const {
  Json json = Json::EmptyObject();
  json.Set("path", path).Set("programs", Json::StringArray(programs));
  folder.AddTo(json);
  return json;
}

Result<ConfigSpec> ConfigSpec::FromJson(const Json& json) {
  JsonFields fields(json, "config");
  ConfigSpec spec;
  spec.path = fields.String("path");
  if (!IsProbePath(spec.path)) fields.Fault("path", "is no absolute path");
  (void)fields.Required("programs");
  spec.programs = fields.Strings("programs");
  bool is_known =
      !spec.programs.empty() && spec.programs[0] == kGenerate &&
      (spec.programs.size() == 1 || (spec.programs.size() == 2 && spec.programs[1] == kCheck));
  if (!is_known) fields.Fault("programs", "is neither generate nor generate and check");
  spec.folder = TRY(ProgramFolder::Take(fields, Suffixes()));
  TRY(fields.Finish());
  return spec;
}

Result<> ConfigSpec::Check(const PayloadInfo& payload) {
  if (!payload.component.starts_with(kComponents)) {
    return Error{ErrorCode::kCorrupt,
                 StrCat("the configuration ", Quoted(payload.name), " is for the component ",
                        payload.component, " instead of one of ", kComponents),
                 "build the bundle anew"};
  }
  TRY(TreeSpec::CheckStreams(payload));
  TRY(FromJson(payload.spec));
  return {};
}

}  // namespace ignite::format
