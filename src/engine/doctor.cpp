#include "engine/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <limits>

#include "core/disk_space.h"
#include "core/url.h"
#include "source/source.h"
#include "transcript/open_source.h"

namespace ingot {

namespace {

constexpr size_t kNamed = 3;  // of files that cannot be read
constexpr const char* kStandardInput = "-";

std::string mebibytes(uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

// MemAvailable of the machine, or what the control group leaves where that is less; the largest number where neither
// can be read.
uint64_t available_memory() {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  std::ifstream machine("/proc/meminfo");
  for (std::string name, unit; machine >> name;) {
    uint64_t number = 0;
    machine >> number;
    std::getline(machine, unit);
    if (name == "MemAvailable:") least = std::min(least, number << 10);
  }
  uint64_t most = 0, used = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> most && std::ifstream("/sys/fs/cgroup/memory.current") >> used)
    least = std::min(least, most - std::min(most, used));
  return least;
}

Finding examine_memory(uint64_t limit) {
  const uint64_t available = available_memory();
  const std::string what =
      fmt::format("memory limit {}, {} available", mebibytes(limit),
                  available == std::numeric_limits<uint64_t>::max() ? "unknown" : mebibytes(available));
  if (limit <= available) return good(what);
  return warning(what, fmt::format("--memory-limit {}MiB, or the system may kill the run", available * 3 / 4 >> 20));
}

Finding examine_spill(const std::string& folder) {
  const auto free = free_bytes(folder);
  if (!free) return good(fmt::format("spilling into {}", folder));
  const std::string what = fmt::format("spilling into {}, {} free", folder, mebibytes(*free));
  return *free < kLittleSpace ? warning(what, "name a larger disk: --temp-dir DIR") : good(what);
}

Finding unreadable(const std::vector<std::string>& names) {
  std::string shown;
  for (size_t i = 0; i < names.size() && i < kNamed; ++i) shown += (i == 0 ? "" : ", ") + names[i];
  return bad(Code::source_unreadable, fmt::format("no right to read {} of the files: {}", names.size(), shown),
             "chmod a+r, or run as their owner");
}

void examine_files(const Pipeline& pipeline, const RunOptions& options, Findings& findings) {
  const auto& paths = pipeline.from.paths;
  if (std::find(paths.begin(), paths.end(), kStandardInput) != paths.end())
    return findings.push_back(good("the input is standard input"));
  const auto source = open_source(pipeline.from, pipeline.base_dir, options.resources.temp_dir);
  const auto units = source->list();
  if (!units) return;  // preview says so
  if (const std::string by = source->reached_by(); !by.empty()) findings.push_back(good(by));
  const bool remote = !paths.empty() && !scheme_of(paths.front()).empty();  // they have answered
  uint64_t bytes = 0;
  std::vector<std::string> closed;
  for (const Unit& unit : *units) {
    bytes += unit.stamp.size;
    if (!remote && access(stored_path(unit).c_str(), R_OK) != 0) closed.push_back(unit.name);
  }
  if (!units->empty()) findings.push_back(good(fmt::format("files: {}, {}", units->size(), mebibytes(bytes))));
  if (!closed.empty()) findings.push_back(unreadable(closed));
}

void examine_plan(const Runner::Preview& preview, Findings& findings) {
  findings.push_back(good("connected to " + preview.target));
  for (const TableShape& shape : preview.shapes) {
    findings.push_back(good(fmt::format("table {} {}", shape.name.text(),
                                        shape.exists ? "fits the columns" : "does not exist and will be created")));
  }
  const RunPlan& plan = preview.plan;
  if (plan.resumed) {
    findings.push_back(
        warning(fmt::format("plan {} was not finished: {} files of it are to be loaded", plan.plan, plan.units.size()),
                "ingot run completes it first"));
  } else {
    findings.push_back(good(fmt::format("files to load: {}, known: {}", plan.units.size(), plan.known)));
  }
}

}  // namespace

Findings examine(const Pipeline& pipeline, const RunOptions& options) {
  Findings findings{examine_memory(options.resources.memory_bytes), examine_spill(options.resources.temp_dir)};
  examine_files(pipeline, options, findings);
  Runner runner(pipeline, options);
  const auto preview = runner.preview();
  if (preview) {
    examine_plan(*preview, findings);
  } else if (runner.mistakes().empty()) {
    findings.push_back(bad(preview.error()));
  }
  for (const Error& mistake : runner.mistakes()) findings.push_back(bad(mistake));
  auto target = runner.examine();
  if (!target) target = Findings{bad(target.error())};
  findings.insert(findings.end(), target->begin(), target->end());
  return findings;
}

}  // namespace ingot
