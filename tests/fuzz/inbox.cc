// An upload under any name and with any content: the first line is its name.

#include "agent/inbox/inbox.h"

#include <algorithm>

#include "agent/outbox/outbox.h"
#include "base/file_system.h"
#include "tests/fakes/fake_probe.h"
#include "tests/fuzz/target.h"

namespace ignite::fuzz {
namespace {

/// What a file system can hold as the name of a file.
bool CanBeFileName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

void PromiseUpload(const inbox::Upload& upload, std::string_view name, size_t size) {
  Promise(upload.name == name && name.ends_with(".ignite"), "an upload has its own name");
  Promise(upload.content_id.empty() || upload.content_id.size() == 64, "a content id is one");
  Promise(upload.version.size == size, "an upload has its size");
  if (upload.kind == inbox::Upload::Kind::kComplete)
    Promise(upload.expected_size && *upload.expected_size <= size, "a complete upload is whole");
  if (upload.kind == inbox::Upload::Kind::kNoBundle)
    Promise(upload.fault.has_value(), "what is no bundle has a fault");
}

/// What we answer stays in the outbox, under a name that is safe for every program.
void Answer(FileSystem& files, const std::string& folder, const std::string& name) {
  fakes::FakeClock clock;
  outbox::Outbox outbox(files, clock, folder);
  auto status = outbox::WaitingStatus(name, "it grows", "wait", 5);
  Promised(outbox.Write(status), "an answer can be written");
  auto answers = Promised(files.List(folder), "answers can be listed");
  Promise(answers.size() == 2, "an answer is two files");
  for (const std::string& answer : answers) {
    auto text = Promised(files.ReadFile(folder + "/" + answer, 1 << 20), "an answer can be read");
    if (answer.ends_with(".json"))
      Promise(Json::ParseStrict(text).has_value(), "an answer for a script is JSON");
    Promised(files.RemoveFile(folder + "/" + answer), "an answer can be removed");
  }
}

const Target kInbox{
    "inbox", [](ByteView input) {
      static const fakes::TemporaryDirectory folder;
      static const auto files = MakePosixFileSystem();
      std::string_view text = AsText(input);
      std::string name(text.substr(0, text.find('\n')));
      ByteView content = input.subspan(std::min(name.size() + 1, input.size()));
      if (!CanBeFileName(name)) return;
      for (const char* place : {"inbox", "outbox"})
        Promised(files->MakeDirectories(folder / place, 0755), "a folder can be made");
      // Not WriteAtomically: its temporary name is longer, and a client just writes.
      std::string path = folder / "inbox/" + name;
      auto file = Promised(files->CreateFile(path, 0644), "an upload can be made");
      Promised(file->Write(content), "and written");
      file.reset();

      inbox::Inbox watched(folder / "inbox");
      Clock::Milliseconds now{1'000};
      bool is_candidate = name.ends_with(".ignite") && name.size() > 7;
      for (int look = 0; look < 2; ++look, now += inbox::Inbox::kSettled) {
        auto pass = Promised(watched.Scan(now), "an inbox can be scanned");
        Promise(pass.uploads.size() == (is_candidate ? 1 : 0), "an upload is seen by its suffix");
        for (const auto& upload : pass.uploads) {
          PromiseUpload(upload, name, content.size());
          if (look == 0)
            Promise(upload.kind == inbox::Upload::Kind::kGrowing, "a first look decides nothing");
          if (look == 1) Answer(*files, folder / "outbox", upload.name);
          if (look == 1) {
            Promised(watched.Remove(upload.name, upload.version), "an upload can be removed");
            Promise(!Promised(watched.VersionOf(upload.name), "a name is looked up"), "it is gone");
          }
        }
      }
      Promised(files->RemoveFile(path), "what is no upload stays until we remove it");
    }};

}  // namespace
}  // namespace ignite::fuzz
