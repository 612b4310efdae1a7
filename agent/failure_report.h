// What a builder needs of a failure on this probe: for whoever has no more than the outbox.
#pragma once

#include <vector>

#include "agent/engine/parts.h"
#include "agent/engine/verdict.h"
#include "agent/outbox/report_archive.h"
#include "base/process.h"

namespace ignite {

/// Whether a verdict speaks of a failure of this probe or of the release. A refusal has said all in
/// its text.
bool DeservesReport(const engine::Verdict& verdict);

/// The story of the transaction, its plan and verdict, the logs of its units and of ignited, what
/// runs, memory, disks, agent.ini. No keys, no environment, no data of an application. What cannot
/// be had is told in its place. `plan`: the work order as it was told, empty where it is not known.
/// `process` runs journalctl, for half a minute in all.
std::vector<outbox::ReportPart> GatherReport(const engine::Parts& parts, Process& process,
                                             const engine::Verdict& verdict,
                                             std::string_view bundle, std::string_view plan);

}  // namespace ignite
