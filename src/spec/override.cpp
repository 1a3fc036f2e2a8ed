#include "spec/override.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "types/exact.h"
#include "types/path.h"

namespace ingot::spec {

namespace {

constexpr std::string_view kRequiredWord = "required";

void set_places(Node& node, const Place& where) {
  node.where = where;
  for (Node& item : node.items) set_places(item, where);
  for (Entry& entry : node.entries) {
    entry.key.where = where;
    set_places(entry.value, where);
  }
}

Node scalar(std::string text, const Place& where) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.quoted = true;
  node.where = where;
  return node;
}

void become_mapping(Node& node) {
  Node mapping;
  mapping.kind = Node::Kind::mapping;
  mapping.where = node.where;
  node = std::move(mapping);
}

bool is_column(const Path& path, size_t depth) {
  return (depth == 2 && path[0].key == "columns") ||
         (depth == 4 && path[0].key == "tables" && path[2].key == "columns");
}

/// One `--set` on its way down the tree.
class Descent {
 public:
  Descent(const Path& path, const Override& change, const Place& where, std::vector<Error>& errors)
      : path_(path), change_(change), where_(where), errors_(errors) {}

  void run(Node& root, Node value, bool removes) {
    Node* node = &root;
    for (size_t depth = 0; depth < path_.size(); ++depth) {
      const bool last = depth + 1 == path_.size();
      if (last && removes) return remove(*node, path_[depth]);
      node = step(*node, depth, removes);
      if (node == nullptr) return;
    }
    *node = std::move(value);
  }

 private:
  void wrong(std::string message, std::string hint = {}) {
    errors_.push_back(Error{Code::usage, std::move(message), std::move(hint), where_});
  }

  static void remove(Node& parent, const PathStep& step) {
    std::erase_if(parent.entries, [&](const Entry& entry) { return step.index < 0 && entry.key.text == step.key; });
  }

  Node* step(Node& parent, size_t depth, bool removes) {
    const PathStep& step = path_[depth];
    if (step.index >= 0) {
      if (static_cast<size_t>(step.index) < parent.items.size()) return &parent.items[static_cast<size_t>(step.index)];
      wrong(fmt::format("no such list element to set: \"{}\"", change_.path));
      return nullptr;
    }
    if (depth == 1 && path_[0].key == "from") expand_from(parent);
    if (is_column(path_, depth)) expand_column(parent);
    if (parent.kind == Node::Kind::null) become_mapping(parent);
    if (!parent.is_mapping()) {
      wrong(fmt::format("not a mapping, nothing can be set below it: \"{}\"",
                        path_text(Path(path_.begin(), path_.begin() + static_cast<long>(depth)))));
      return nullptr;
    }
    if (Node* found = parent.find(step.key)) return found;
    if (removes) return nullptr;
    Node missing;
    missing.where = where_;
    parent.entries.push_back(Entry{scalar(step.key, where_), std::move(missing)});
    return &parent.entries.back().value;
  }

  const Path& path_;
  const Override& change_;
  const Place& where_;
  std::vector<Error>& errors_;
};

Node read_value(const std::string& text, const Place& where, std::vector<Error>& errors) {
  const char first = text.empty() ? ' ' : text.front();
  const bool in_quotes = text.size() > 1 && (first == '"' || first == '\'') && text.back() == first;
  if (!in_quotes && first != '[' && first != '{') return scalar(text, where);
  std::vector<Error> found;
  Node node = parse_yaml(text, where.file, found);
  for (Error& error : found) {
    error.where = where;
    errors.push_back(std::move(error));
  }
  set_places(node, where);
  return node;
}

}  // namespace

void apply_override(Node& root, const Override& change, std::vector<Error>& errors) {
  const Place where{fmt::format("--set {}", change.path), 0, 0};
  auto path = parse_path(change.path);
  if (!path || path->empty() || path->front().index >= 0) {
    errors.push_back(Error{Code::usage, fmt::format("not the path of an option: \"{}\"", change.path),
                           "write --set to.table=orders; a name with a dot goes in double quotes", where});
    return;
  }
  if (!exact::is_utf8(change.value)) {
    errors.push_back(Error{Code::usage, "not UTF-8 text", {}, where});
    return;
  }
  const size_t known = errors.size();
  const bool removes = change.value == "null";
  Node value = removes ? Node{} : read_value(change.value, where, errors);
  if (errors.size() == known) Descent(*path, change, where, errors).run(root, std::move(value), removes);
}

void expand_from(Node& from) {
  if (!from.is_scalar() && from.kind != Node::Kind::sequence) return;
  Node path = std::move(from);
  from = Node{};
  from.kind = Node::Kind::mapping;
  from.where = path.where;
  from.entries.push_back(Entry{scalar("path", path.where), std::move(path)});
}

void expand_column(Node& column) {
  if (!column.is_scalar()) return;
  Node type = std::move(column);
  column = Node{};
  column.kind = Node::Kind::mapping;
  column.where = type.where;
  std::string& text = type.text;
  const size_t tail = text.size() - std::min(text.size(), kRequiredWord.size());
  const bool required = tail > 0 && text[tail - 1] == ' ' &&
                        std::equal(kRequiredWord.begin(), kRequiredWord.end(), text.begin() + static_cast<long>(tail),
                                   [](char a, char b) { return a == lower_ascii(b); });
  const Place where = type.where;
  if (required) {
    text.erase(text.find_last_not_of(' ', tail - 1) + 1);
  }
  column.entries.push_back(Entry{scalar("type", where), std::move(type)});
  if (required) column.entries.push_back(Entry{scalar("required", where), scalar("true", where)});
}

}  // namespace ingot::spec
