// Recipes. Their folder has a source and notes, so that a recipe can be right.

#include "packager/recipe.h"

#include <algorithm>

#include "base/file_system.h"
#include "payload-format/container/layout.h"
#include "payload-format/manifest/version.h"
#include "tests/fakes/temporary_directory.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

class RecipeFolder {
 public:
  RecipeFolder() {
    auto files = MakePosixFileSystem();
    Promised(files->MakeDirectories(folder_ / "web", 0755), "a folder can be made");
    for (const char* name : {"rootfs.ext4", "notes.md", "notes.fr.md"})
      Promised(files->WriteAtomically(folder_ / name, AsBytes("text"), 0644), "so can a file");
  }
  const std::string& path() const { return folder_.path(); }

 private:
  fakes::TemporaryDirectory folder_;
};

/// Other paths of this machine are none of a fuzzer's business: what they hold differs from one
/// machine to the next, and a pipe among them would block it.
bool NamesOtherFolders(std::string_view text) {
  for (std::string_view key : {"source", "notes"}) {
    for (size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
      std::string_view value = text.substr(at, text.find('\n', at) - at);
      if (value.find('/') != std::string_view::npos || value.find("..") != std::string_view::npos)
        return true;
    }
  }
  return false;
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n'; });
}

const Target kRecipe{
    "recipe", [](ByteView input) {
      static const RecipeFolder folder;
      std::string_view text = AsText(input);
      if (NamesOtherFolders(text)) return;
      auto recipe = packager::ParseRecipe(text, "recipe.ini", folder.path());
      PromiseGoodError(recipe);
      if (!recipe) {
        Promise(recipe.error().code == ErrorCode::kInvalidArgument, "a recipe is wrong");
        Promise(IsPrintable(recipe.error().cause), "a fault steers no terminal");
        return;
      }
      Promise(!recipe->payloads.empty(), "a recipe has a payload");
      format::Manifest manifest = recipe->manifest;
      for (const auto& payload : recipe->payloads) {
        Promise(payload.input != nullptr, "a payload has a source");
        // Where the recipe says none, the build gives it that of the content or of the bundle.
        manifest.payloads.push_back({payload.name,
                                     payload.type,
                                     payload.component,
                                     payload.version.empty() ? manifest.version : payload.version,
                                     Json::EmptyObject(),
                                     {}});
      }
      auto read = format::Manifest::Parse(manifest.Serialize(), format::kMinChunkSize, 0);
      Promised(std::move(read), "a recipe without faults becomes a manifest that can be read");
    }};

}  // namespace
}  // namespace ignite::fuzz
