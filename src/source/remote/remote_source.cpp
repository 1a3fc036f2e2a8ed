#include "source/remote/remote_source.h"

#include <fmt/format.h>

#include <utility>

#include "source/remote/remote_input.h"

namespace ingot {

namespace {

constexpr size_t kWindowOfWho = 4;  // of somebody who has not said what comes: doubled while that goes on
constexpr size_t kWholeWindow = 256;

}  // namespace

Result<std::vector<Unit>> RemoteSource::list() {
  INGOT_ASSIGN(std::vector<RemoteObject> found, store_->list());
  std::vector<Unit> units;
  std::vector<std::shared_ptr<const RemoteObject>> objects;
  std::unordered_map<std::string, size_t> names;
  for (RemoteObject& object : found) {
    if (!names.emplace(object.name, units.size()).second) continue;
    units.push_back(Unit{object.name, object.name, stamp_of(object)});
    objects.push_back(std::make_shared<const RemoteObject>(std::move(object)));
  }
  auto sequence = make_sequence(std::move(objects), kWindowOfWho);
  const std::lock_guard lock(mutex_);
  listed_ = std::move(sequence);
  expected_.reset();
  return units;
}

std::shared_ptr<const RemoteSource::Sequence> RemoteSource::make_sequence(
    std::vector<std::shared_ptr<const RemoteObject>> objects, size_t first_window) {
  auto sequence = std::make_shared<Sequence>();
  for (size_t i = 0; i < objects.size(); ++i) sequence->positions.emplace(objects[i]->name, i);
  sequence->objects = objects;
  sequence->prefetcher = std::make_shared<Prefetcher>(*store_, std::move(objects), first_window);
  return sequence;
}

void RemoteSource::expect(const std::vector<Unit>& units) {
  std::shared_ptr<const Sequence> listed;
  {
    const std::lock_guard lock(mutex_);
    listed = listed_;
  }
  if (!listed) return;
  std::vector<std::shared_ptr<const RemoteObject>> objects;
  for (const Unit& unit : units) {
    const auto found = listed->positions.find(unit.path);
    if (found != listed->positions.end()) objects.push_back(listed->objects[found->second]);
  }
  auto sequence = make_sequence(std::move(objects), kWholeWindow);
  const std::lock_guard lock(mutex_);
  expected_ = std::move(sequence);
}

Result<std::unique_ptr<ByteReader>> RemoteSource::open(const Unit& unit) {
  std::shared_ptr<const Sequence> sequence, listed;
  {
    const std::lock_guard lock(mutex_);
    listed = listed_;
    sequence = expected_ && expected_->positions.contains(unit.path) ? expected_ : listed_;
  }
  if (!sequence || !sequence->positions.contains(unit.path))
    return fail(Code::source_changed, fmt::format("not among what was listed: \"{}\"", unit.name));
  const size_t position = sequence->positions.at(unit.path);
  const auto& object = sequence->objects[position];
  if (unit.stamp.inode != 0 && stamp_of(*object) != unit.stamp)
    return fail(Code::source_changed, fmt::format("the object has changed since it was listed: \"{}\"", unit.name),
                "run again when it is complete");
  const bool small = object->size && *object->size <= Prefetcher::kSmallBytes;
  auto input = std::make_unique<RemoteInput>(*store_, object, small ? sequence->prefetcher : nullptr, position);
  return std::make_unique<FileReader>(std::move(input), pool_, expansion_, content_);
}

}  // namespace ingot
