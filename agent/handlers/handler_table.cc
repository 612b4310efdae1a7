#include "agent/handlers/handler_table.h"

namespace ignite::handlers {

engine::Handler* AllHandlers::Find(std::string_view type) {
  for (const Row& row : Rows()) {
    if (row.type == type) return row.handler;
  }
  return nullptr;
}

}  // namespace ignite::handlers
