#include <fmt/format.h>
#include <xxhash.h>

#include "core/url.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

// A change in what is written here, or in what it means, takes another number: plans are compared by their hash.
constexpr std::string_view kRendering = "ingot-pipeline-4";
constexpr std::string_view kModelRendering = "ingot-model-1";

/// Writes each part with its length, so that no two pipelines have the same rendering.
class Rendering {
 public:
  void put(std::string_view text) {
    out_ += fmt::format("{}:", text.size());
    out_ += text;
  }
  void put(uint64_t number) { put(fmt::format("{}", number)); }
  void put(const std::optional<Expression>& expression) {
    put(static_cast<uint64_t>(expression.has_value()));
    if (expression) put(expression->text);
  }
  void put(const std::vector<std::string>& texts) {
    put(texts.size());
    for (const std::string& text : texts) put(text);
  }
  const std::string& text() const { return out_; }

 private:
  std::string out_;
};

void put_from(Rendering& out, const Pipeline::From& from) {
  // A signature or a token in a URL decides nothing, and is another tomorrow.
  std::vector<std::string> paths;
  for (const std::string& path : from.paths) paths.push_back(lasting_url(path));
  out.put(paths);
  out.put(static_cast<uint64_t>(from.format));
  out.put(encoding_name(from.encoding));
  out.put(static_cast<uint64_t>(from.all));
  out.put(static_cast<uint64_t>(from.overwritten));
  if (from.known_by_content) out.put("known by content");
  if (!from.remote.manifest.empty()) out.put("manifest " + from.remote.manifest);
  if (from.format == FormatKind::csv) {
    for (char c : {from.csv.delimiter, from.csv.quote, from.csv.escape})
      out.put(static_cast<uint64_t>(static_cast<unsigned char>(c)));
    out.put(static_cast<uint64_t>(static_cast<unsigned char>(from.csv.comment)));
    out.put(static_cast<uint64_t>(from.csv.ends_with_cr));
    for (const uint32_t number : {from.csv.skip, from.csv.skip_footer, from.csv.header_rows}) out.put(uint64_t{number});
    out.put(static_cast<uint64_t>(from.csv.ragged));
    out.put(static_cast<uint64_t>(from.csv.header));
    out.put(from.csv.null_texts);
    if (!from.csv.delimiter_rest.empty()) out.put("delimiter " + from.csv.delimiter_rest);
    if (!from.csv.footer.empty()) out.put("footer " + from.csv.footer);
  } else if (from.format == FormatKind::fixed) {
    out.put(static_cast<uint64_t>(from.fixed.in_bytes));
    out.put(static_cast<uint64_t>(from.fixed.trim));
    out.put(static_cast<uint64_t>(from.fixed.ragged));
    for (const uint32_t number : {from.fixed.skip, from.fixed.skip_footer}) out.put(uint64_t{number});
    out.put(from.fixed.null_texts);
  } else {
    out.put(static_cast<uint64_t>(from.json.layout));
    out.put(static_cast<uint64_t>(from.json.max_depth));
    if (!from.json.records.empty()) out.put("records " + path_text(from.json.records));
    if (from.format == FormatKind::xlsx) {
      out.put(from.sheet);
      out.put(static_cast<uint64_t>(from.csv.header));
      out.put(uint64_t{from.csv.skip});
    }
  }
}

void put_form(Rendering& out, const ValueForm& form) {
  out.put(form.nulls);
  out.put(form.times.size());
  for (const TimePattern& pattern : form.times) out.put(pattern.text());
  out.put(form.truths);
  out.put(form.untruths);
  if (!form.labels.empty()) {  // what has none is rendered as ever
    out.put("enum");
    out.put(form.labels);
  }
  out.put(static_cast<uint64_t>(form.number.has_value()));
  if (!form.number) return;
  out.put(form.number->decimal);
  out.put(form.number->thousands);
  out.put(form.number->currencies);
  out.put(static_cast<uint64_t>(form.number->percent));
  out.put(static_cast<uint64_t>(form.number->parentheses));
  out.put(static_cast<uint64_t>(form.number->trailing_minus));
}

void put_column(Rendering& out, const ColumnSpec& column) {
  out.put(column.name);
  out.put(declared_name(column.type));
  out.put(static_cast<uint64_t>(column.required));
  out.put(column.from.size());
  for (const Path& path : column.from) out.put(path_text(path));
  out.put(static_cast<uint64_t>(column.form != nullptr));
  if (column.form) put_form(out, *column.form);
  out.put(column.value);
  out.put(static_cast<uint64_t>(column.default_text.has_value()));
  if (column.default_text) out.put(*column.default_text);
  if (column.optional) out.put("optional");  // what is not is rendered as ever
}

void put_table(Rendering& out, const TableSpec& table) {
  out.put(table.name);
  out.put(table.when);
  out.put(path_text(table.root));
  out.put(table.columns.size());
  for (const ColumnSpec& column : table.columns) put_column(out, column);
  out.put(static_cast<uint64_t>(table.mode));
  out.put(table.key);
  out.put(static_cast<uint64_t>(table.keep));
  out.put(table.order_by);
  out.put(table.delete_when);
  out.put(table.partition_by);
  if (!table.child) return;
  out.put("child");
  out.put(uint64_t{table.child->parent});
  out.put(path_text(table.child->each));
  for (const ColumnSpec& column : table.columns) out.put(uint64_t{column.of_element} * 2 + column.position);
}

std::string hex_hash(const Rendering& rendering) {
  const XXH128_hash_t hash = XXH3_128bits(rendering.text().data(), rendering.text().size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace

std::string model_definition(const ModelSpec& model) {
  Rendering out;
  out.put(kModelRendering);
  out.put(static_cast<uint64_t>(model.materialized));
  out.put(model.sql);
  out.put(model.columns.size());
  for (const ModelColumn& column : model.columns) {
    out.put(column.name);
    out.put(declared_name(column.type));
    out.put(static_cast<uint64_t>(column.required));
    out.put(static_cast<uint64_t>(column.generated));
  }
  out.put(model.key);
  return hex_hash(out);
}

std::string pipeline_hash(const Pipeline& pipeline) {
  Rendering out;
  out.put(kRendering);
  put_from(out, pipeline.from);
  out.put(pipeline.where);
  out.put(static_cast<uint64_t>(pipeline.routed));
  out.put(static_cast<uint64_t>(pipeline.unmatched));
  out.put(static_cast<uint64_t>(pipeline.drift));
  out.put(static_cast<uint64_t>(pipeline.commit));
  if (pipeline.commit == CommitScope::part) out.put(pipeline.part_bytes);
  out.put(pipeline.tables.size());
  for (const TableSpec& table : pipeline.tables) put_table(out, table);
  if (pipeline.connection.kind == Connection::Kind::files) {
    for (const TableSpec& table : pipeline.tables) {
      out.put(static_cast<uint64_t>(table.file.format));
      out.put(static_cast<uint64_t>(table.file.compression));
      out.put(static_cast<uint64_t>(table.file.level));
    }
  }
  return hex_hash(out);
}

}  // namespace ingot::spec
