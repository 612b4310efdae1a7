#include "packager/config_payload.h"

#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/program_folder_source.h"
#include "packager/tree_check.h"
#include "payload-format/config/config_spec.h"

namespace ignite::packager {
namespace {

using format::ConfigSpec;

class ConfigInput : public PayloadInput {
 public:
  ConfigInput(ProgramFolderSource source, std::string path, int path_line)
      : source_(std::move(source)), path_line_(path_line) {
    spec_.path = std::move(path);
  }

  std::vector<TakenPlace> Places() const override {
    std::vector<TakenPlace> places;
    if (spec_.path.empty()) return places;
    for (std::string& path : spec_.Places()) places.push_back({std::move(path), path_line_});
    return places;
  }

  std::vector<std::string> Sources() const override { return {source_.origin.path}; }

  Result<PayloadContent> Collect(const CollectContext& context,
                                 std::vector<Fault>& faults) override {
    PackedPrograms packed = TRY(PackPrograms(source_, context, faults));
    spec_.folder = std::move(packed.folder);
    spec_.programs = std::move(packed.programs);
    packed.content.spec = spec_.ToJson();
    return std::move(packed.content);
  }

 private:
  ProgramFolderSource source_;
  ConfigSpec spec_;
  int path_line_;
};

}  // namespace

std::unique_ptr<PayloadInput> ReadConfigInput(RecipeSection& section, const std::string& folder) {
  std::string component = section.Optional("component");
  if (format::IsComponent(component) && !component.starts_with(ConfigSpec::kComponents)) {
    section.Refuse("component",
                   StrCat("a configuration cannot be of the component ", Quoted(component)),
                   StrCat("write ", ConfigSpec::kComponents, "NAME"));
  }
  ProgramFolderSource source;
  source.origin = ReadTreeOrigin(section, folder, "config");
  source.suffixes = ConfigSpec::Suffixes();
  source.required = {std::string(ConfigSpec::kGenerate)};
  source.optional = {std::string(ConfigSpec::kCheck)};
  std::string path = ReadProbePath(section, "/etc/netprobe");
  return std::make_unique<ConfigInput>(std::move(source), std::move(path), section.LineOf("path"));
}

std::unique_ptr<ContentCheck> MakeConfigCheck(const format::PayloadInfo& payload) {
  // `check` let it pass.
  auto spec = ConfigSpec::FromJson(payload.spec);
  if (!spec) spec = ConfigSpec();
  return MakeStreamsCheck(payload, spec->folder.Rules(spec->programs));
}

std::string DescribeConfig(const format::PayloadInfo& payload) {
  auto spec = ConfigSpec::FromJson(payload.spec);
  if (!spec) return {};
  size_t steps = spec->folder.steps.size();
  return StrCat(steps, steps == 1 ? " step" : " steps", " to level ",
                format::LastNumber(spec->folder.steps), spec->HasCheck() ? ", checked" : "",
                ", at ", Printable(spec->path));
}

}  // namespace ignite::packager
