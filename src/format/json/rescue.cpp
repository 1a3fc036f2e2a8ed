#include "format/json/rescue.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "format/json/tokens.h"

namespace ingot::json {

namespace {

std::string key_text(const Span& key) {
  if (key.kind == Span::Kind::string) return std::string(key.text());
  std::string text(key.size + kUnescapeSlack, '\0');
  text.resize(unescape(key.text(), text.data()).size);
  return text;
}

const char* find_repeated(const std::vector<UndeclaredField>& fields) {
  std::vector<std::pair<std::pair<const FieldNode*, std::string>, const char*>> keys;
  for (const UndeclaredField& field : fields) keys.push_back({{field.node, key_text(field.key)}, field.key.begin - 1});
  std::sort(keys.begin(), keys.end());
  const auto found =
      std::adjacent_find(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  return found == keys.end() ? nullptr : found[1].second;
}

/// Writes the objects that fields lie in, the outer ones around the inner ones.
class Writer {
 public:
  Writer(const FieldTree& tree, const std::vector<UndeclaredField>& fields, std::string& out)
      : tree_(tree), fields_(fields), out_(out), inhabited_(static_cast<size_t>(tree.size())) {
    for (const UndeclaredField& field : fields) {
      for (auto node = static_cast<int>(field.node - &tree[0]); node >= 0; node = tree[node].parent)
        inhabited_[static_cast<size_t>(node)] = true;
    }
  }

  void write(int node) {
    bool first = true;
    const auto begin_member = [&](std::string_view quoted_key) {
      out_ += first ? "" : ",";
      out_ += quoted_key;
      out_ += ':';
      first = false;
    };
    out_ += '{';
    for (const UndeclaredField& field : fields_) {
      if (field.node != &tree_[node]) continue;
      begin_member(field.key.json());
      out_ += field.value.json();
    }
    for (int child = node + 1; child < tree_.size(); ++child) {  // behind their parent
      if (tree_[child].parent != node || !inhabited_[static_cast<size_t>(child)]) continue;
      const PathStep& step = tree_[child].step;
      begin_member(nlohmann::json(step.index < 0 ? step.key : std::to_string(step.index)).dump());
      write(child);
    }
    out_ += '}';
  }

 private:
  const FieldTree& tree_;
  const std::vector<UndeclaredField>& fields_;
  std::string& out_;
  std::vector<bool> inhabited_;
};

}  // namespace

Verdict write_rescued(const FieldTree& tree, const std::vector<UndeclaredField>& fields, std::string& out) {
  out.clear();
  if (const char* place = find_repeated(fields)) return {Fault::duplicate_key, place};
  Writer(tree, fields, out).write(0);
  return {};
}

}  // namespace ingot::json
