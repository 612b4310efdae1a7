#include "packager/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/file_system.h"
#include "base/str_cat.h"

namespace ignite::packager {

std::string PlaceForTemporaryFiles() {
  const char* wanted = std::getenv("TMPDIR");
  return wanted == nullptr || *wanted == '\0' ? "/var/tmp" : wanted;
}

Result<ScratchFolder> ScratchFolder::Create() {
  std::string place = PlaceForTemporaryFiles();
  std::string path = StrCat(place, "/ignite-pack.XXXXXX");
  if (mkdtemp(path.data()) == nullptr) {
    return SystemError(StrCat("making a temporary folder in ", place), errno)
        .WithRemedy("set TMPDIR to a folder with space");
  }
  return ScratchFolder(TRY(MakePosixFileSystem()->RealPath(path)));
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, std::string())) {}

ScratchFolder::~ScratchFolder() {
  if (!path_.empty()) (void)MakePosixFileSystem()->RemoveTree(path_);
}

}  // namespace ignite::packager
