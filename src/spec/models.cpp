#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "core/table_name.h"
#include "spec/key_type.h"
#include "spec/options.h"
#include "spec/override.h"
#include "spec/sections.h"

namespace ingot {

const char* materialized_name(Materialized materialized) {
  switch (materialized) {
    case Materialized::view:
      return "view";
    case Materialized::table:
      return "table";
    case Materialized::materialized_view:
      return "materialized_view";
    case Materialized::incremental:
      return "incremental";
  }
  return "";
}

bool is_table(Materialized materialized) {
  return materialized == Materialized::table || materialized == Materialized::incremental;
}

namespace spec {

namespace {

constexpr std::string_view kGenerated = " generated";

Materialized materialized_of(const Node& node) {
  for (Materialized one : {Materialized::table, Materialized::materialized_view, Materialized::incremental}) {
    if (node.text == materialized_name(one)) return one;
  }
  return Materialized::view;
}

// `select 1;` is one statement, too.
std::string without_end(std::string sql) {
  const size_t last = sql.find_last_not_of(" \t\r\n;");
  sql.resize(last == std::string::npos ? 0 : last + 1);
  return sql;
}

std::string folded_table(const std::string& name) {
  const auto parsed = parse_table_name(name);
  return folded_name(parsed ? parsed->text() : name);
}

/// Reads one model.
class ModelReader {
 public:
  ModelReader(Entry& entry, Reading& reading) : name_(entry.key), node_(entry.value), reading_(reading) {
    out_.name = name_.text;
    out_.where = name_.where;
  }

  ModelSpec read() {
    check_name();
    if (!check_section(node_, Section::model, name_.text, reading_)) return out_;
    if (const Node* materialized = value_of(node_, "materialized")) out_.materialized = materialized_of(*materialized);
    read_sql();
    if (is_table(out_.materialized)) {
      read_columns();
      read_key();
    } else {
      refuse_idle("columns");
      refuse_idle("key");
    }
    if (const Node* after = value_of(node_, "after")) {
      for (const Node* text : texts_of(*after)) out_.after.push_back(text->text);
    }
    out_.definition = model_definition(out_);
    return out_;
  }

 private:
  void check_name() {
    auto name = parse_table_name(name_.text);
    if (!name) return reading_.wrong_value(name_, "not a table name", name.error());
    if (name->schema == "ingot") {
      reading_.wrong(name_.where, fmt::format("the schema ingot holds the ledger: \"{}\"", name_.text),
                     "choose another schema");
    }
  }

  void read_sql() {
    if (const Node* sql = value_of(node_, "sql")) {
      out_.sql = without_end(sql->text);
      out_.sql_where = sql->where;
      if (out_.sql.empty()) reading_.wrong(sql->where, "empty SQL expression: \"sql\"");
    } else if (node_.find("sql") == nullptr) {
      reading_.wrong(name_.where, fmt::format("model without sql: \"{}\"", name_.text), "add sql: SELECT …");
    }
  }

  void refuse_idle(std::string_view key) {
    for (const Entry& entry : node_.entries) {
      if (entry.key.text != key) continue;
      reading_.wrong(entry.key.where,
                     fmt::format("no effect with materialized: {}: \"{}\"", materialized_name(out_.materialized), key),
                     "write materialized: table, or remove it");
    }
  }

  void read_columns() {
    Node* columns = value_of(node_, "columns");
    if (columns == nullptr || columns->entries.empty()) {
      if (columns != nullptr || node_.find("columns") == nullptr)
        reading_.wrong(name_.where, fmt::format("table without columns: \"{}\"", name_.text),
                       "declare the columns of its sql as NAME: TYPE");
      return;
    }
    for (Entry& entry : columns->entries) read_column(entry);
    const bool none =
        std::all_of(out_.columns.begin(), out_.columns.end(), [](const ModelColumn& c) { return c.generated; });
    if (none && out_.columns.size() == columns->entries.size())
      reading_.wrong(columns->where, fmt::format("no column comes from the sql: \"{}\"", name_.text));
  }

  void read_column(Entry& entry) {
    const std::string& name = entry.key.text;
    const auto same = std::find_if(out_.columns.begin(), out_.columns.end(),
                                   [&](const ModelColumn& c) { return folded_name(c.name) == folded_name(name); });
    if (name.empty()) return reading_.wrong(entry.key.where, "column without a name");
    if (same != out_.columns.end()) {
      return reading_.wrong(entry.key.where, fmt::format("columns differ only in upper and lower case: \"{}\"", name));
    }
    if (entry.value.kind == Node::Kind::null) {
      return reading_.wrong(entry.key.where, fmt::format("column without a type: \"{}\"", name),
                            "write NAME: TYPE, such as name: text");
    }
    expand_column(entry.value);
    if (!check_section(entry.value, Section::model_column, name, reading_)) return;
    ModelColumn column{name, {}, false, false, entry.key.where};
    if (const Node* required = value_of(entry.value, "required")) column.required = required->text == "true";
    if (const Node* generated = value_of(entry.value, "generated")) column.generated = generated->text == "true";
    if (Node* type = value_of(entry.value, "type")) {
      read_type(*type, column);
    } else if (entry.value.find("type") == nullptr) {
      reading_.wrong(entry.key.where, fmt::format("column without a type: \"{}\"", name), "add type");
    }
    out_.columns.push_back(std::move(column));
  }

  void read_type(Node& type, ModelColumn& column) {
    if (folded_name(type.text).ends_with(kGenerated)) {
      type.text.resize(type.text.size() - kGenerated.size());
      column.generated = true;
    }
    auto parsed = parse_type(type.text);
    if (!parsed) return reading_.wrong_value(type, "not a type", parsed.error());
    column.type = *parsed;
    if (column.generated && column.type.kind != Kind::uuid) {
      reading_.wrong(type.where, fmt::format("only uuid columns are generated: \"{}\"", column.name),
                     "leave a serial column of an existing table out: the table fills it");
    }
  }

  void read_key() {
    Node* key = value_of(node_, "key");
    if (key == nullptr) return refuse_missing_key();
    std::vector<std::string> names;
    for (const ModelColumn& column : out_.columns) names.push_back(column.name);
    for (const Node* text : texts_of(*key)) read_key_column(*text, names);
  }

  void read_key_column(const Node& text, const std::vector<std::string>& names) {
    if (names.empty()) return;  // reported already
    const auto column = std::find_if(out_.columns.begin(), out_.columns.end(),
                                     [&](const ModelColumn& c) { return c.name == text.text; });
    if (column == out_.columns.end()) {
      reading_.wrong(text.where, fmt::format("key is not a column: \"{}\"", text.shown()),
                     nearest_hint(text.shown(), names));
    } else if (column->generated) {
      reading_.wrong(text.where, fmt::format("a generated column cannot be a key: \"{}\"", text.shown()),
                     "the key is what tells the rows of the sql apart");
    } else if (!can_be_key(column->type.kind)) {
      reading_.wrong(text.where,
                     fmt::format("a column of type {} cannot be a key: \"{}\"", sql_name(column->type), text.shown()));
    } else if (std::find(out_.key.begin(), out_.key.end(), text.text) != out_.key.end()) {
      reading_.wrong(text.where, fmt::format("column repeated in key: \"{}\"", text.shown()));
    } else {
      out_.key.push_back(text.text);
    }
  }

  void refuse_missing_key() {
    if (node_.find("key") != nullptr) return;
    if (out_.materialized == Materialized::incremental)
      return reading_.wrong(name_.where, fmt::format("incremental without key: \"{}\"", name_.text),
                            "add key: COLUMN, or key: [COLUMN, …]");
    for (const ModelColumn& column : out_.columns) {
      if (column.generated)
        reading_.wrong(column.where, fmt::format("generated column without a key: \"{}\"", column.name),
                       "add key: COLUMN; without it all rows are made anew, and their values with them");
    }
  }

  const Node& name_;
  Node& node_;
  Reading& reading_;
  ModelSpec out_;
};

void refuse_unknown_after(const std::vector<ModelSpec>& models, Reading& reading) {
  std::vector<std::string> names;
  for (const ModelSpec& model : models) names.push_back(model.name);
  for (const ModelSpec& model : models) {
    for (const std::string& other : model.after) {
      if (other == model.name) {
        reading.wrong(model.where, fmt::format("a model cannot come after itself: \"{}\"", other));
      } else if (std::find(names.begin(), names.end(), other) == names.end()) {
        reading.wrong(model.where, fmt::format("after names no model: \"{}\"", other), nearest_hint(other, names));
      }
    }
  }
}

void refuse_same_names(const Pipeline& pipeline, Reading& reading) {
  std::vector<std::string> seen;
  for (const TableSpec& table : pipeline.tables) seen.push_back(folded_table(table.name));
  const size_t tables = seen.size();
  for (const ModelSpec& model : pipeline.models) {
    const auto same = std::find(seen.begin(), seen.end(), folded_table(model.name));
    if (same == seen.end()) {
      seen.push_back(folded_table(model.name));
    } else if (static_cast<size_t>(same - seen.begin()) < tables) {
      reading.wrong(model.where, fmt::format("the pipeline loads a table of this name: \"{}\"", model.name),
                    "give the model a name of its own");
    } else {
      reading.wrong(model.where, fmt::format("model declared twice: \"{}\"", model.name));
    }
  }
}

}  // namespace

// In DuckDB a month equals 30 days, and UPDATE leaves what equals the new value as it is.
void refuse_intervals(const ModelSpec& model, Reading& reading) {
  for (const ModelColumn& column : model.columns) {
    if (column.type.kind != Kind::interval) continue;
    reading.wrong(column.where, fmt::format("an interval in a model with a key, in DuckDB: \"{}\"", column.name),
                  "leave the key out: the rows are then replaced; or declare it text");
  }
}

void read_models(Node& root, Pipeline& pipeline, Reading& reading) {
  Node* models = value_of(root, "models");
  if (models == nullptr) return;
  if (models->entries.empty())
    reading.wrong(models->where, "no models", "declare each model as NAME: { sql: SELECT … }");
  for (Entry& entry : models->entries) pipeline.models.push_back(ModelReader(entry, reading).read());
  refuse_same_names(pipeline, reading);
  refuse_unknown_after(pipeline.models, reading);
  if (pipeline.connection.kind == Connection::Kind::files) {
    reading.wrong(models->where, "models in a folder", "they are built by a database: load into one, or remove them");
  }
  if (pipeline.connection.kind != Connection::Kind::duckdb) return;
  for (const ModelSpec& model : pipeline.models) {
    if (model.materialized == Materialized::materialized_view)
      reading.wrong(model.where, fmt::format("DuckDB has no materialized views: \"{}\"", model.name),
                    "write materialized: table, or view");
    if (!model.key.empty()) refuse_intervals(model, reading);
  }
}

}  // namespace spec
}  // namespace ingot
