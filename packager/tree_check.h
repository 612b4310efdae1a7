// Checks a tree of a bundle while it is read: the file table by every rule, the files against the
// digests of the table.
#pragma once

#include <memory>

#include "packager/payload_type.h"
#include "payload-format/tree/tree_rules.h"

namespace ignite::packager {

/// The `check` of the type's row: the spec and the number of streams.
Result<> CheckTreePayload(const format::PayloadInfo& payload);

/// Of any payload with the two streams of a tree.
std::unique_ptr<ContentCheck> MakeStreamsCheck(const format::PayloadInfo& payload,
                                               std::unique_ptr<format::TreeRules> rules);

/// The `check_content` of the type's row. Keeps the file table in a temporary file.
std::unique_ptr<ContentCheck> MakeTreeCheck(const format::PayloadInfo& payload);

}  // namespace ignite::packager
