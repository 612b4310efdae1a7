// The payload type image: its key in a recipe, and how a file becomes the stream of its bytes.
#pragma once

#include <memory>
#include <string>

#include "packager/payload_type.h"

namespace ignite::packager {

/// The `read` of the type's row. Key: source, a regular file. Holes of a sparse file are zeros in
/// the stream and are not read from the disk. A file whose size is another one when it is read is
/// an Error, as is one that cannot be read.
std::unique_ptr<PayloadInput> ReadImageInput(RecipeSection& section, const std::string& folder);

}  // namespace ignite::packager
