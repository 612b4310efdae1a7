// The last word on an upload, for the daemon and its workers.
#pragma once

#include "agent/composition.h"
#include "agent/inbox/inbox.h"
#include "agent/outbox/outbox.h"

namespace ignite {

/// Writes the verdict to the outbox and, once it is durable, removes the upload from the inbox.
/// false where the upload stays: the verdict could not be written, or a stuck probe has not judged
/// it. May be called again.
bool Conclude(Composition& composition, inbox::Inbox& inbox, outbox::Outbox& outbox,
              const inbox::Upload& upload, engine::Verdict verdict);

/// The same for the upload of a transaction that a command has brought to its end, where it still
/// waits in the inbox; nothing where it has not ended, or is to be tried again.
void ConcludeUploadOf(Composition& composition, int64_t transaction);

/// Not final: the bundle was not judged, so the upload stays and is tried again.
bool IsPostponed(const engine::Verdict& verdict);

}  // namespace ignite
