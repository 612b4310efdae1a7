#include "agent/engine/reads.h"

#include "base/str_cat.h"

namespace ignite::engine {

CheckResult CheckReads(const std::vector<ComponentRecord>& components) {
  CheckResult result{"reads", true, "every application can read its data", {}};
  auto refuse = [&](const std::string& cause, const std::string& remedy) {
    result.cause = result.passed ? cause : StrCat(result.cause, "; ", cause);
    result.remedy += StrCat(result.passed ? "" : "; ", remedy);
    result.passed = false;
  };
  for (const ComponentRecord& reader : components) {
    for (const format::DataRange& range : reader.reads) {
      const ComponentRecord* data = FindComponent(components, range.component);
      if (data != nullptr && range.Holds(data->version)) continue;
      std::string needs =
          StrCat(reader.component, " ", reader.version, " reads ", range.ToString());
      if (data == nullptr) {
        refuse(StrCat(needs, ", and there would be no ", range.component),
               StrCat("install ", range.ToString(), " first, or in the same bundle"));
      } else {
        refuse(StrCat(needs, ", and would meet version ", data->version),
               StrCat("install ", range.ToString(), ", or a release of ", reader.component,
                      " that reads version ", data->version, ", first or in the same bundle"));
      }
    }
  }
  return result;
}

}  // namespace ignite::engine
