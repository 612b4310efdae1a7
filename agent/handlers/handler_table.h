// Payload type -> handler: one row each.
#pragma once

#include "agent/engine/handler.h"
#include "agent/handlers/config_handler.h"
#include "agent/handlers/image_handler.h"
#include "agent/handlers/licence_handler.h"
#include "agent/handlers/migrations_handler.h"
#include "agent/handlers/os_tree_handler.h"
#include "agent/handlers/tree_handler.h"

namespace ignite::handlers {

class AllHandlers : public engine::HandlerTable {
 public:
  AllHandlers(FileSystem& files, Process& process, Clock& clock, const engine::ProbePaths& paths,
              const engine::Settings& settings, const std::vector<format::PrivateKey>& identities,
              engine::Boot& boot)
      : tree_(files, process, paths),
        migrations_(files, process, clock, paths, settings),
        config_(files, process, paths, identities),
        licence_(files, paths, identities),
        image_(files, paths, settings, boot),
        os_tree_(files, paths, settings, boot) {}

  using HandlerTable::Find;
  engine::Handler* Find(std::string_view type, std::string_view component) override;

 private:
  struct Row {
    std::string_view type;
    engine::Handler* handler;
    std::string_view component = {};  ///< The only one that it is for; empty for all.
  };
  std::vector<Row> Rows() {
    return {{format::TreeSpec::kType, &os_tree_, format::kOperatingSystem},
            {format::TreeSpec::kType, &tree_},
            {format::MigrationsSpec::kType, &migrations_},
            {format::ConfigSpec::kType, &config_},
            {format::LicenceSpec::kType, &licence_},
            {format::ImageSpec::kType, &image_}};
  }

  TreeHandler tree_;
  MigrationsHandler migrations_;
  ConfigHandler config_;
  LicenceHandler licence_;
  ImageHandler image_;
  OsTreeHandler os_tree_;
};

}  // namespace ignite::handlers
