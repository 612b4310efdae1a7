#include "agent/handlers/handler_table.h"

namespace ignite::handlers {

engine::Handler* AllHandlers::Find(std::string_view type, std::string_view component) {
  for (const Row& row : Rows()) {
    bool is_meant = row.component.empty() || row.component == component;
    if (row.type == type && is_meant) return row.handler;
  }
  return nullptr;
}

}  // namespace ignite::handlers
