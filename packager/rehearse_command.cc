#include <algorithm>

#include "base/str_cat.h"
#include "base/terminal.h"
#include "packager/commands.h"
#include "packager/recipe.h"
#include "packager/sample.h"

namespace ignite::packager {
namespace {

/// The payload of that name, or the only one that there is to rehearse.
Result<PayloadRecipe*> FindPayload(Recipe& recipe, const std::optional<std::string>& name) {
  PayloadRecipe* found = nullptr;
  std::string known;
  for (PayloadRecipe& payload : recipe.payloads) {
    if (!payload.input->CanBeRehearsed()) continue;
    known += StrCat(known.empty() ? "" : ", ", payload.name);
    if (name ? payload.name == *name : found == nullptr) {
      found = &payload;
    } else if (!name) {
      return Error{ErrorCode::kInvalidArgument,
                   StrCat("the recipe has several payloads to rehearse: ", found->name, " and ",
                          payload.name),
                   "say which with --payload NAME"};
    }
  }
  if (found != nullptr) return found;
  if (known.empty()) {
    return Error{ErrorCode::kInvalidArgument, "the recipe has no payload to rehearse",
                 "rehearsed are payloads of the type migrations"};
  }
  return Error{ErrorCode::kInvalidArgument,
               StrCat("there is no payload ", Quoted(*name, 80), " to rehearse"),
               StrCat("the recipe has: ", known)};
}

}  // namespace

Result<Report> Rehearse(const Arguments& arguments) {
  Recipe recipe = TRY(ReadRecipe(arguments.positionals().front()));
  PayloadRecipe* payload = TRY(FindPayload(recipe, arguments.Value("--payload")));
  Sample sample = TRY(ParseSample(*arguments.Value("--database"), "."));
  ProgressLine line;
  CollectContext context;
  context.payload = payload->name;
  context.component = payload->component;
  context.show = [&](std::string_view text) { line.Show(text); };
  std::vector<Fault> faults;
  TRY(payload->input->Collect(context, faults));
  if (!faults.empty()) return FaultsToError(recipe.file, std::move(faults));
  Rehearsal rehearsal = TRY(payload->input->Rehearse(context, &sample, faults));
  if (!faults.empty()) return FaultsToError(recipe.file, std::move(faults));
  Report report;
  report.document = std::move(rehearsal.document);
  report.document.Set("payload", payload->name);
  report.text = StrCat("payload ", payload->name, ": ", rehearsal.summary, "\n");
  for (const std::string& detail : rehearsal.details) report.text += StrCat("  ", detail, "\n");
  return report;
}

}  // namespace ignite::packager
