#include "spec/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "spec/options.h"
#include "types/type_names.h"

namespace ingot::spec {

namespace {

using Json = nlohmann::ordered_json;

/// What stands in an option's mapping.
struct Content {
  Section section;
  std::string_view option;
  std::optional<Section> inner;  ///< nothing: texts by name
  bool named = false;            ///< one such for each name
  bool shorthand = false;        ///< a text may stand for it
};

constexpr auto kContents = std::to_array<Content>({
    {Section::pipeline, "from", Section::from},
    {Section::from, "auth", Section::auth},
    {Section::pipeline, "columns", Section::column, true, true},
    {Section::column, "parse", Section::parse},
    {Section::pipeline, "tables", Section::table, true},
    {Section::pipeline, "to", Section::to},
    {Section::pipeline, "max_rejects", Section::max_rejects},
    {Section::pipeline, "models", Section::model, true},
    {Section::table, "columns", Section::column, true, true},
    {Section::model, "columns", Section::model_column, true, true},
    {Section::project, "connections", Section::connection, true, true},
    {Section::project, "vars", std::nullopt, true},
    {Section::project, "environments", Section::environment, true},
    {Section::project, "defaults", Section::defaults},
    {Section::environment, "connections", Section::connection, true, true},
    {Section::environment, "vars", std::nullopt, true},
    {Section::defaults, "max_rejects", Section::max_rejects},
});

/// Without which a mapping means nothing.
struct Required {
  Section section;
  std::string_view option;
};

constexpr auto kRequired =
    std::to_array<Required>({{Section::column, "type"}, {Section::model, "sql"}, {Section::model_column, "type"}});

// An editor reads 7, 1.5 and true as numbers and truths; to the language they are texts.
Json text() { return {{"type", {"string", "number", "boolean"}}}; }

Json interpolated() { return {{"type", "string"}, {"pattern", "\\$\\{"}}; }

Json texts(Json item) { return {{"type", "array"}, {"items", std::move(item)}, {"minItems", 1}}; }

// `header: true` and `header: "true"` are the same.
Json choice(const std::vector<std::string>& choices) {
  Json values = choices;
  for (const std::string& name : choices) {
    if (name == "true" || name == "false") values.push_back(name == "true");
  }
  return {{"anyOf", {{{"enum", values}}, interpolated()}}};
}

Json integer(const Option& option) {
  const Json number = {{"type", "integer"}, {"minimum", option.least}, {"maximum", option.most}};
  const Json quoted = {{"type", "string"}, {"pattern", "^[0-9]+$"}};
  return {{"anyOf", {number, quoted, interpolated()}}};
}

std::string definition_name(Section section) {
  std::string name(section_title(section));
  for (char& c : name) c = c == '.' || c == ':' || c == ' ' ? '_' : c;
  return name.empty() ? "pipeline" : name;
}

Json reference(Section section) { return {{"$ref", "#/definitions/" + definition_name(section)}}; }

Json mapping(const Option& option) {
  const auto* content = std::find_if(kContents.begin(), kContents.end(), [&](const Content& c) {
    return c.section == option.section && c.option == option.name;
  });
  if (content == kContents.end()) return {{"type", "object"}};
  Json value = content->inner ? reference(*content->inner) : text();
  if (content->shorthand) value = {{"anyOf", {text(), value}}};
  if (!content->named) return value;
  return {{"type", "object"}, {"additionalProperties", value}};
}

// Shown when completing; any other spelling of a type is left to `ingot check`.
Json type_text() { return {{"anyOf", {{{"enum", type_names()}}, {{"type", "string"}}}}}; }

Json text_or_texts(const Option& option) {
  Json one = text();
  if (option.name == "null") one["type"].push_back("null");  // `null: NULL` is what many write for the text
  return {{"anyOf", {one, texts(one)}}};
}

Json form(const Option& option) {
  switch (option.form) {
    case Form::boolean:
      return choice({"true", "false"});
    case Form::integer:
      return integer(option);
    case Form::choice:
      return choice(split_choices(option.choices));
    case Form::texts:
      return text_or_texts(option);
    case Form::mapping:
      return mapping(option);
    case Form::text_or_mapping:
      return {{"anyOf", {text(), mapping(option)}}};
    case Form::texts_or_mapping:
      return {{"anyOf", {text(), texts(text()), mapping(option)}}};
    default:
      return option.type == "SQL type" ? type_text() : text();
  }
}

std::string description(const Option& option) {
  std::string out(option.doc);
  if (!option.type.empty()) out += fmt::format("\nValue: {}.", option.type);
  if (!option.fallback.empty()) out += fmt::format("\nDefault: {}.", option.fallback);
  return out;
}

Json property(const Option& option) {
  Json value = {{"description", description(option)}};
  Json inner = form(option);
  // In draft-07 nothing counts beside a $ref.
  if (inner.contains("$ref")) inner = {{"allOf", Json::array({inner})}};
  value.update(inner);
  const auto choices = split_choices(option.choices);
  if (std::find(choices.begin(), choices.end(), option.fallback) != choices.end()) value["default"] = option.fallback;
  return value;
}

Json object(Section section) {
  Json properties = Json::object();
  for (const Option& option : all_options()) {
    if (option.section == section && option.form != Form::later)
      properties[std::string(option.name)] = property(option);
  }
  Json out = {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  for (const Required& required : kRequired) {
    if (required.section == section) out["required"].push_back(required.option);
  }
  if (section == Section::connection)  // either will do
    out["anyOf"] = Json::array({{{"required", Json::array({"url"})}}, {{"required", Json::array({"type"})}}});
  return out;
}

}  // namespace

std::string json_schema(SchemaOf what) {
  const bool pipeline = what == SchemaOf::pipeline;
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", pipeline ? "Ingot pipeline" : "Ingot project (ingot.yaml)"},
                 {"$comment", "Made by ingot " INGOT_VERSION " json-schema"}};
  schema.update(object(pipeline ? Section::pipeline : Section::project));
  for (const Option& option : all_options()) {
    Json& definition = schema["definitions"][definition_name(option.section)];
    if (definition.is_null()) definition = object(option.section);
  }
  return schema.dump(2) + "\n";
}

}  // namespace ingot::spec
