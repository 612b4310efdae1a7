// PROBE.html: the whole ProbePage as one page for a browser, in both languages, of which a radio
// button shows one. It needs no network and has no script, so that it can be opened from an FTP
// client, mailed and printed.
#pragma once

#include <string>

#include "agent/outbox/probe_page.h"

namespace ignite::outbox {

/// All but the time at which it was written, which ProbeHtmlEnd says: like PROBE.txt, the page of a
/// probe at rest stays the same.
std::string ProbeHtml(const ProbePage& page);
std::string ProbeHtmlEnd(int64_t written);

}  // namespace ignite::outbox
