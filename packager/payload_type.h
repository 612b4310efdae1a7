// The table of payload types that this program can build, show and verify. A new type is one row in
// payload_type.cc and one file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "packager/recipe_section.h"
#include "payload-format/bundle_writer.h"

namespace ignite::packager {

/// What a payload becomes in the bundle.
struct PayloadContent {
  Json spec;
  std::vector<std::unique_ptr<format::StreamSource>> streams;
  uint64_t plain_bytes = 0;  ///< Of all streams together, for progress.
  std::string version;       ///< What the source says, for a recipe that says nothing.
  std::string note;          ///< What whoever builds must know of the source; empty for nothing.
};

struct Sample;

/// What was tried of a payload before it is packed.
struct Rehearsal {
  std::string summary;               ///< In a line, safe to print.
  std::vector<std::string> details;  ///< Lines, too.
  Json document = Json::EmptyObject();
};

/// What a type needs to know beside its own keys.
struct CollectContext {
  std::string payload;  ///< The name, for faults.
  std::string component;
  std::optional<int64_t> source_date_epoch;    ///< No time in the bundle is later than this.
  std::function<void(std::string_view)> show;  ///< Takes a line that says what is being read.
};

/// The part of a payload's section that its type has read.
class PayloadInput {
 public:
  virtual ~PayloadInput() = default;
  /// What the payload takes on the probe, each with its line of the recipe.
  struct TakenPlace {
    std::string path;
    int line;
  };
  virtual std::vector<TakenPlace> Places() const = 0;
  /// The folders and files that the payload is made of; not asked for after a fault.
  virtual std::vector<std::string> Sources() const = 0;
  /// Reads the sources. What is wrong with them goes to `faults`, as lines of the recipe; an Error
  /// is for what no recipe can mend (the disk, the kernel). With new faults the content is of no
  /// use.
  virtual Result<PayloadContent> Collect(const CollectContext& context,
                                         std::vector<Fault>& faults) = 0;
  /// Whether there is something to try before the content goes to a probe.
  virtual bool CanBeRehearsed() const { return false; }
  /// Tries it on `sample`, or where that is null on what the recipe says; after a Collect that
  /// found no fault. What does not pass is a fault.
  virtual Result<Rehearsal> Rehearse(const CollectContext&, const Sample*, std::vector<Fault>&) {
    return Rehearsal();
  }
};

/// What `ignite-pack verify` holds against the plain bytes of one payload, beside the digests that
/// the reader checks. The streams come in order, each between BeginStream and EndStream.
class ContentCheck {
 public:
  virtual ~ContentCheck() = default;
  virtual Result<> BeginStream(size_t stream) = 0;
  virtual Result<> Write(ByteView plain) = 0;
  virtual Result<> EndStream() = 0;
  /// Files whose content was checked so far.
  virtual uint64_t files() const = 0;
};

struct PayloadType {
  std::string_view name;
  bool (*belongs_to)(format::Kind kind);  ///< Whether bundles of this kind may carry it.
  std::vector<std::string_view> keys;     ///< Beside those of every type.
  /// `folder` is the recipe's, from which its paths go. Never null; faults go through the section.
  std::unique_ptr<PayloadInput> (*read)(RecipeSection& section, const std::string& folder);
  /// What the manifest says of a payload of this type; kCorrupt where the format does not allow it.
  Result<> (*check)(const format::PayloadInfo& payload);
  /// For a payload that `check` let pass and that outlives the result. Null where the type says
  /// nothing of the bytes.
  std::unique_ptr<ContentCheck> (*check_content)(const format::PayloadInfo& payload);
  /// The payload in a few words for a person, safe to print; empty where the manifest is wrong.
  /// Null where its size says all.
  std::string (*describe)(const format::PayloadInfo& payload);
};

const std::vector<PayloadType>& PayloadTypes();
const PayloadType* FindPayloadType(std::string_view name);

/// The error of a source that is not what it was when the build began.
Error ChangedMeanwhile(std::string_view path);

/// `path` of a recipe as this machine finds it.
std::string BesideRecipe(const std::string& folder, std::string_view path);

}  // namespace ignite::packager
