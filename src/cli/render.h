#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "engine/run.h"
#include "ledger/ledger.h"

namespace ingot {

/// `12,345`.
std::string grouped(uint64_t number);

/// `500,000 read = 466,690 inserted + 33,307 duplicate + 3 rejected ✔`; parts that are zero are left out.
std::string equation(const Books& books);

/// `98.1 MB`.
std::string human_bytes(uint64_t bytes);

/// `2026-11-21 08:15:02Z`.
std::string human_time(int64_t micros);

/// `3 × not_a_number  price  products.csv:8812:14 "12,5O"`.
std::string reject_line(const RejectGroup& group);
/// What may cure such rejects, where their values tell; else nothing.
std::string reject_hint(const RejectGroup& group);
/// `products.csv:8812:14`.
std::string place_of(const RejectEntry& reject);
/// What a run with --limit left out, as a line; nothing without.
std::string limit_line(const RunReport& report);
/// The fields of the source that no column takes, as a line; nothing where there are none.
std::string ignored_line(const RunReport& report);
/// Columns whose field no record had, as a line; nothing where there are none.
std::string unfed_line(const RunReport& report);
/// Files that were to be there and are not, as a line; nothing where there are none.
std::string missing_line(const std::vector<std::string>& names);
/// The columns that `drift: add` adds, a line each; and as JSON.
std::string added_lines(const std::vector<infer::InferredColumn>& columns);
nlohmann::ordered_json added_json(const std::vector<infer::InferredColumn>& columns);
/// Where a table is new beside others, and so many files are known: a line saying that those do not go into it; else
/// nothing.
std::string known_stay_out(uint64_t known);

/// The offending text in quotes, after a space; nothing where there is none.
std::string detail_of(const RejectEntry& reject);

/// A reject without its bytes, as `--json` shows it.
nlohmann::ordered_json reject_json(const RejectEntry& reject);

/// Control characters and bytes that are not UTF-8 as escapes, so that a terminal shows what is there.
std::string printable(std::string_view text, size_t max_bytes);

/// `model data_productaggregate: 222,024 rows = 24 inserted + 12 updated + 221,988 unchanged, 3 deleted  0.8 s`.
std::string model_line(const ModelReport& model);

/// Prints the columns that were just inferred, with their evidence. Precondition: `contract.inferred`.
void print_inferred(const FoundContract& contract);

/// The object that `run --json` ends with.
std::string report_json(const RunReport& report, const std::string& pipeline);
std::string error_json(const Error& error);

}  // namespace ingot
