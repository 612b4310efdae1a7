// The commands of ignite-pack. Each does its work and gives a report; main.cc prints it and turns
// errors into exit codes.
#pragma once

#include <string>

#include "base/arguments.h"
#include "base/json.h"
#include "base/result.h"

namespace ignite::packager {

/// What a command found or made, for a program and for a person.
struct Report {
  Json document = Json::EmptyObject();  ///< For --json.
  std::string text;                     ///< With its line ends.
};

Result<Report> Keygen(const Arguments& arguments);
Result<Report> MakeKeyring(const Arguments& arguments);
Result<Report> Build(const Arguments& arguments);
Result<Report> Inspect(const Arguments& arguments);
Result<Report> OpenSealedReport(const Arguments& arguments);
Result<Report> Rehearse(const Arguments& arguments);
Result<Report> Rewrap(const Arguments& arguments);
Result<Report> Sign(const Arguments& arguments);
Result<Report> Verify(const Arguments& arguments);

}  // namespace ignite::packager
