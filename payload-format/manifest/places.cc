#include "payload-format/manifest/places.h"

#include <algorithm>

namespace ignite::format {
namespace {

bool IsWithin(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

std::optional<Place> TakenPlaces::Take(Place place) {
  auto found = std::find_if(places_.begin(), places_.end(), [&](const Place& other) {
    return IsWithin(place.path, other.path) || IsWithin(other.path, place.path);
  });
  std::optional<Place> in_the_way;
  if (found != places_.end()) in_the_way = *found;
  places_.push_back(std::move(place));
  return in_the_way;
}

}  // namespace ignite::format
