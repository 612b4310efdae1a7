// Payload type -> handler: one row each.
#pragma once

#include "agent/engine/handler.h"
#include "agent/handlers/tree_handler.h"

namespace ignite::handlers {

class AllHandlers : public engine::HandlerTable {
 public:
  AllHandlers(FileSystem& files, Process& process, const engine::ProbePaths& paths)
      : tree_(files, process, paths) {}

  engine::Handler* Find(std::string_view type) override;

 private:
  struct Row {
    std::string_view type;
    engine::Handler* handler;
  };
  std::vector<Row> Rows() { return {{format::TreeSpec::kType, &tree_}}; }

  TreeHandler tree_;
};

}  // namespace ignite::handlers
