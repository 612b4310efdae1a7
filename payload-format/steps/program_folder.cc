#include "payload-format/steps/program_folder.h"

#include <algorithm>
#include <map>

#include "base/str_cat.h"
#include "payload-format/tree/tree_spec.h"

namespace ignite::format {
namespace {

class ProgramRules : public TreeRules {
 public:
  ProgramRules(uint64_t entries, std::map<std::string, bool, std::less<>> wanted)
      : entries_(entries), wanted_(std::move(wanted)) {}

  uint64_t EntryCount() const override { return entries_; }

  std::optional<std::string> Objection(const TreeEntry& entry) override {
    if (entry.type == EntryType::kHardLink) return "is a hard link";
    if (entry.owner != ProgramFolder::kOwner || entry.group != ProgramFolder::kOwner)
      return "does not belong to root";
    if (auto need = entry.NeedsPermission()) return StrCat("has ", *need);
    bool is_file = entry.type == EntryType::kFile || entry.type == EntryType::kCopy;
    bool is_executable = entry.mode == ProgramFolder::kProgramMode;
    bool is_plain = is_file && entry.mode == ProgramFolder::kFileMode;
    if (entry.type != EntryType::kSymlink && !is_executable && !is_plain)
      return "has a mode other than 0755, or 0644 of a file";
    auto wanted = wanted_.find(entry.path);
    if (wanted == wanted_.end()) return std::nullopt;
    if (!is_file) return "is no file";
    if (wanted->second && !is_executable) return "is not executable";
    wanted_.erase(wanted);
    return std::nullopt;
  }

  std::optional<std::string> Missing() const override {
    if (wanted_.empty()) return std::nullopt;
    return StrCat("it lacks the file ", wanted_.begin()->first);
  }

 private:
  uint64_t entries_;
  /// Those that did not come yet, and whether they must be executable.
  std::map<std::string, bool, std::less<>> wanted_;
};

}  // namespace

bool IsProgramOfStep(std::string_view file) {
  return file.ends_with(".up") || file.ends_with(".down");
}

void ProgramFolder::AddTo(Json& spec) const {
  spec.Set("steps", StepsToJson(steps)).Set("entries", entries).Set("bytes", bytes);
}

Result<ProgramFolder> ProgramFolder::Take(JsonFields& fields, const StepSuffixes& suffixes) {
  ProgramFolder folder;
  folder.entries = static_cast<uint64_t>(fields.Integer("entries", 1, kMaxTreeEntries));
  folder.bytes = static_cast<uint64_t>(fields.Integer("bytes", 0, Json::kMaxInteger));
  folder.steps = TRY(StepsFromJson(fields.Array("steps"), suffixes));
  return folder;
}

std::unique_ptr<TreeRules> ProgramFolder::Rules(const std::vector<std::string>& programs) const {
  std::map<std::string, bool, std::less<>> wanted;
  for (const std::string& program : programs) wanted[program] = true;
  for (const std::string& text : texts) wanted[text] = false;
  for (const Step& step : steps) {
    wanted[step.up] = IsProgramOfStep(step.up);
    if (!step.down.empty()) wanted[step.down] = IsProgramOfStep(step.down);
  }
  return std::make_unique<ProgramRules>(entries, std::move(wanted));
}

}  // namespace ignite::format
