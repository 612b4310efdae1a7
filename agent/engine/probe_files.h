// What a probe's administrator provides: settings, trusted keys, identities. Read at every start.
// And the one key that a probe makes for itself.
#pragma once

#include <optional>
#include <vector>

#include "agent/engine/probe_paths.h"
#include "agent/engine/settings.h"
#include "base/file_system.h"
#include "payload-format/trust/keyring.h"

namespace ignite::engine {

/// kInvalidArgument where the file is missing or wrong; the remedy says what to put there.
Result<Settings> LoadSettings(FileSystem& files, const ProbePaths& paths);
Result<format::Keyring> LoadKeyring(FileSystem& files, const ProbePaths& paths);
/// identity.key and every *.key of identities.d; none is possible, then only plain bundles can be
/// read.
Result<std::vector<format::PrivateKey>> LoadIdentities(FileSystem& files, const ProbePaths& paths);

/// Whom reports of failures are sealed for; nullopt where they are not.
Result<std::optional<format::PublicKey>> LoadReportRecipient(FileSystem& files,
                                                             const ProbePaths& paths,
                                                             const Settings& settings);

/// The key that this probe signs with. Made where it has none; one that is there is never replaced,
/// so that a damaged one is an Error.
Result<format::PrivateKey> ProvideProbeKey(FileSystem& files, const ProbePaths& paths);

}  // namespace ignite::engine
