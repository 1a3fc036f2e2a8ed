#pragma once

#include <string>
#include <utility>
#include <vector>

#include "infer/survey.h"
#include "types/type.h"

namespace ingot::infer {

/// A column of a table that exists already.
struct ExistingColumn {
  std::string name;
  std::string type;  ///< as the target writes it
};

/// A column that was inferred, and why.
struct InferredColumn {
  std::string name;
  std::string source;  ///< what to write behind `from:`; empty where that is the name
  Type type;
  std::string parse;                  ///< what to write behind `parse:`, as YAML; empty: nothing
  bool optional = false;              ///< some of the files lack it
  bool guess = false;                 ///< the values would allow another choice
  std::vector<std::string> evidence;  ///< for people, each a short phrase
};

/// What stands for `columns` where a pipeline has none.
struct Contract {
  std::vector<InferredColumn> columns;
  std::string header;                                     ///< what to write behind from.header; empty: nothing
  std::vector<std::pair<std::string, std::string>> from;  ///< what else to write under `from`: option, value as YAML
  std::vector<std::string> notes;                         ///< on the files as a whole
};

/// Chooses for each field the narrowest type under which no value is altered and none is rejected, with room for values
/// to come: bigint for whole numbers, numeric(18,s) or numeric(38,s) for others. Where the table exists, its types hold
/// for the columns of the same name.
Contract infer_contract(const Survey& survey, const std::vector<ExistingColumn>& table = {});

/// Renders `columns` (and `from`, if need be) as YAML without comments: what the ledger keeps.
std::string contract_yaml(const Contract& contract);

/// Renders only `columns`, the evidence beside each as aligned comments.
std::string commented_columns(const Contract& contract);

/// Returns a text as a YAML scalar, in quotes where need be.
std::string yaml_text(const std::string& text);

/// Returns a value's text on one line and in quotes, as far as terminals and YAML can show it.
std::string shown_value(std::string_view text);

}  // namespace ingot::infer
