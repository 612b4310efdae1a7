#include "agent/outbox/reason_words.h"

#include <algorithm>
#include <array>

#include "base/translation.h"

namespace ignite::outbox {
namespace {

constexpr std::array<ReasonWords, 31> kWords = {{
    {"signature", Msgid("This bundle is not signed by keys that this probe trusts."),
     Msgid("Have it signed with the keys of this probe's keyring, then upload it again.")},
    {"identity", Msgid("This bundle is not encrypted for this probe."),
     Msgid("Have it built or rewrapped with the public key of this probe, then upload it.")},
    {"damaged", Msgid("Bytes of this file are wrong."),
     Msgid("Upload it again; where that changes nothing, get the file anew.")},
    {"short", Msgid("The end of this file is missing."), Msgid("Upload it again, as a whole.")},
    {"format", Msgid("This bundle was made for a newer ignite."),
     Msgid("Update ignite-agent on this probe first.")},
    {"product", Msgid("This bundle is for another product."),
     Msgid("Take the bundle of this probe's product.")},
    {"compatible", Msgid("This bundle is for another kind of machine."),
     Msgid("Take the bundle for this machine.")},
    {"requires", Msgid("Something else must be installed before this bundle."),
     Msgid("Install first what the detail names.")},
    {"reads", Msgid("An application would meet data that it cannot read."),
     Msgid("Install first the one of the two that fits, or take a bundle with both.")},
    {"counter", Msgid("This bundle is older than what was already committed here."),
     Msgid("Take a newer bundle; to go back, an engineer runs 'ignite rollback'.")},
    {"epoch", Msgid("This bundle is of an epoch that this probe has left for good."),
     Msgid("Take a newer bundle.")},
    {"types", Msgid("This bundle has contents that this agent cannot apply."),
     Msgid("Update ignite-agent on this probe first.")},
    {"targets", Msgid("Something on this probe is in the way of this bundle, or is missing."),
     Msgid("Move or create what the detail names; order a licence for this probe's identity.")},
    {"system", Msgid("Another operating system runs than that of the active deployment."),
     Msgid("Reboot the probe.")},
    {"space", Msgid("There is too little room on this probe."),
     Msgid("Free some, then upload it again.")},
    {"transaction", Msgid("Another transaction waits for a reboot of this probe, or is stuck."),
     Msgid("Reboot the probe; where it is stuck, call an engineer.")},
    {"rehearsal",
     Msgid("A step failed on a copy of this probe's data or configuration; nothing live was "
           "touched."),
     Msgid("Send the detail to the builder of the bundle.")},
    {"hold",
     Msgid("This very content was rolled back here before, or an engineer holds every upload."),
     Msgid("Upload a corrected bundle, or ask an engineer to lift the hold.")},
    {"boot",
     Msgid("The new operating system did not come up, or was not found healthy; everything is as "
           "before."),
     Msgid("Send the detail to the builder of the bundle.")},
    {"reboot", Msgid("The new operating system is ready, and the next boot enters it."),
     Msgid("Reboot the probe, where it does not reboot by itself.")},
    {"health", Msgid("The new version was applied, was not healthy, and was taken back."),
     Msgid("Send the detail to the builder of the bundle.")},
    {"activation", Msgid("The new version could not be put into operation, and was taken back."),
     Msgid("Send the detail to the builder of the bundle.")},
    {"interrupted", Msgid("The machine or the agent stopped; nothing is half done."),
     Msgid("Nothing: it is tried again by itself.")},
    {"suspended", Msgid("The agent had to end before this was done; nothing is half done."),
     Msgid("Nothing: it goes on by itself.")},
    {"upload",
     Msgid("What was unpacked while the upload came in was given up; nothing was judged."),
     Msgid("Resume or repeat the upload, where it broke off.")},
    {"interrupted-too-often", Msgid("It was cut off three times while it was unpacked."),
     Msgid("Have an engineer look why the machine or the agent stops, then upload it again.")},
    {"stalled", Msgid("The upload did not go on for a day."), Msgid("Upload it again.")},
    {"cancelled", Msgid("Somebody stopped it; nothing is left of it."),
     Msgid("Upload it again when it is wanted.")},
    {"already-running", Msgid("This probe runs this very content already; nothing was done."),
     Msgid("Nothing.")},
    {"journal", Msgid("It could not be committed, and was taken back."),
     Msgid("Have the disk of this probe looked after, then upload it again.")},
    {"error", Msgid("This probe failed, not the bundle."),
     Msgid("Follow the remedy of the detail, then upload it again.")},
}};

}  // namespace

const ReasonWords* WordsFor(std::string_view reason) {
  const auto* found = std::find_if(kWords.begin(), kWords.end(),
                                   [&](const auto& words) { return words.reason == reason; });
  return found == kWords.end() ? nullptr : &*found;
}

}  // namespace ignite::outbox
