#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/reading.h"
#include "spec/yaml.h"

namespace ingot::spec {

/// Where an option stands.
enum class Section : uint8_t {
  pipeline,      ///< the file's top
  from,          ///< from:
  auth,          ///< from.auth:
  column,        ///< columns.NAME:
  parse,         ///< columns.NAME.parse:
  to,            ///< to:
  table,         ///< tables.NAME:
  max_rejects,   ///< max_rejects:
  model,         ///< models.NAME:
  model_column,  ///< models.NAME.columns.NAME:
  project,       ///< ingot.yaml's top
  connection,    ///< ingot.yaml: connections.NAME:
  environment,   ///< ingot.yaml: environments.NAME:
  defaults,      ///< ingot.yaml: defaults:
};

/// What may stand as an option's value.
enum class Form : uint8_t {
  text,
  texts,  ///< one text or a list
  sql,    ///< an expression, in which nothing is interpolated
  boolean,
  integer,  ///< within `least` and `most`
  choice,   ///< one of `choices`
  mapping,
  text_or_mapping,
  texts_or_mapping,
  later,  ///< known to the language, not to this version
};

/// One option. This table is what checking, the JSON Schema, `--help` and the reference page are made from.
struct Option {
  Section section;
  std::string_view name;
  Form form;
  std::string_view type;          ///< for people: `path`, `SQL type`, …
  std::string_view fallback;      ///< the default, for people; empty where there is none
  std::string_view doc;           ///< one line
  std::string_view choices = {};  ///< separated by `|`
  std::string_view later_choices = {};
  int least = 0;
  int most = 0;
};

/// Returns every option, ordered by section.
std::span<const Option> all_options();

/// Returns the option, or null.
const Option* find_option(Section section, std::string_view name);

/// Returns where a section stands, for people: `columns.NAME`, `to`, …; the top is "".
std::string_view section_title(Section section);

/// Splits `a|b|c`.
std::vector<std::string> split_choices(std::string_view choices);

enum class Texts : uint8_t { interpolated, as_written };

/// Checks a mapping against the options of its section: unknown keys, form, allowed values. Replaces `${…}` in its
/// texts unless told to leave them. A value that is wrong becomes null, so that its key still counts as given. Returns
/// whether `node` is a mapping. `name` is the mapping's own key, for the message.
bool check_section(Node& node, Section section, std::string_view name, Reading& reading,
                   Texts texts = Texts::interpolated);

/// Returns the value of `key` if it is given and right, else null.
Node* value_of(Node& mapping, std::string_view key);

/// Renders docs/reference/options.md.
std::string options_reference_markdown();

}  // namespace ingot::spec
