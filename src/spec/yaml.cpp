#include "spec/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <unordered_map>

#include "spec/source_text.h"
#include "types/exact.h"

namespace ingot::spec {

Node* Node::find(std::string_view key) {
  const auto it = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key.text == key; });
  return it == entries.end() ? nullptr : &it->value;
}

const Node* Node::find(std::string_view key) const { return const_cast<Node*>(this)->find(key); }

namespace {

constexpr std::string_view kQuoteHint =
    "quote a value that holds any of : # , [ ] { } & * ! | > @ % or begins with a quote";
constexpr std::string_view kTabHint = "YAML indents with spaces, never with tabs";

/// Ends the parse from within a yaml-cpp callback.
struct Stop : std::exception {};

Error error_at(Place where, std::string message, std::string hint = {}) {
  return Error{Code::invalid_pipeline, std::move(message), std::move(hint), std::move(where)};
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

size_t count_nodes(const Node& node) {
  size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  for (const Entry& entry : node.entries) count += 1 + count_nodes(entry.value);
  return count;
}

int depth_of(const Node& node) {
  int deepest = 0;
  for (const Node& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const Entry& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

/// Builds the tree from yaml-cpp's events. Its own tree accepts repeated keys and shares aliased nodes.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, std::vector<Error>& errors) : source_(source), errors_(errors) {}

  Node take() { return std::move(root_); }
  bool has_document() const { return documents_ > 0; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(place(mark), "more than one YAML document in one file", "one file is one pipeline");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = make(Node::Kind::null, mark);
    node.text = source_.null_spelling(node.where);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) stop(place(mark), "an alias within its own anchor");
    const Node& target = it->second;
    count(count_nodes(target) - 1, place(mark));
    if (static_cast<int>(stack_.size()) + depth_of(target) > kMaxYamlDepth) too_deep(place(mark));
    add(Node(target), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(Node::Kind::scalar, mark);
    node.text = value;
    node.quoted = tag != "?";
    node.cut = !node.quoted && source_.is_cut_by_comment(node.where, value);
    check_tag(tag, node.where);
    if (node.quoted && source_.is_unclosed_quote(node.where)) stop(node.where, "unclosed quote");
    if (value.find('\0') != std::string::npos) stop(node.where, "NUL in a YAML value");
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    Node key;
    bool has_key = false;
    std::unordered_map<std::string, int> lines;  ///< a mapping's keys so far, each with its line
  };

  [[noreturn]] void stop(Place where, std::string message, std::string hint = {}) {
    errors_.push_back(error_at(std::move(where), std::move(message), std::move(hint)));
    throw Stop{};
  }
  [[noreturn]] void too_deep(Place where) {
    stop(std::move(where), fmt::format("YAML nested too deeply, limit: {}", kMaxYamlDepth));
  }

  Place place(const YAML::Mark& mark) const { return source_.place(mark.line, mark.column); }

  Node make(Node::Kind kind, const YAML::Mark& mark) {
    Node node;
    node.kind = kind;
    node.where = place(mark);
    count(1, node.where);
    return node;
  }

  void count(size_t nodes, const Place& where) {
    nodes_ += nodes;
    if (nodes_ > kMaxYamlNodes) stop(where, fmt::format("YAML with too many values, limit: {}", kMaxYamlNodes));
  }

  void check_tag(const std::string& tag, const Place& where) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    errors_.push_back(
        error_at(where, fmt::format("YAML tags are not supported: {}", tag), "quote a value that begins with !"));
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Frame frame;
    frame.node = make(kind, mark);
    frame.anchor = anchor;
    check_tag(tag, frame.node.where);
    if (static_cast<int>(stack_.size()) >= kMaxYamlDepth) too_deep(frame.node.where);
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    add(std::move(frame.node), frame.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) {
      count(count_nodes(node), node.where);
      anchors_[anchor] = node;
    }
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& top = stack_.back();
    if (top.node.kind == Node::Kind::sequence) {
      top.node.items.push_back(std::move(node));
    } else if (!top.has_key) {
      if (!node.items.empty() || !node.entries.empty() || node.kind > Node::Kind::scalar) {
        stop(node.where, "a YAML key must be text", std::string(kQuoteHint));
      }
      top.key = std::move(node);
      top.has_key = true;
    } else {
      top.has_key = false;
      add_entry(top, Entry{std::move(top.key), std::move(node)});
    }
  }

  void add_entry(Frame& frame, Entry entry) {
    if (entry.key.text == "<<" && !entry.key.quoted) {
      errors_.push_back(error_at(entry.key.where, "YAML merge keys are not supported: <<"));
      return;
    }
    const auto [first, is_new] = frame.lines.emplace(entry.key.text, entry.key.where.line);
    if (!is_new) {
      errors_.push_back(error_at(entry.key.where, fmt::format("repeated key: \"{}\"", entry.key.text),
                                 fmt::format("it stands in line {} already", first->second)));
      return;
    }
    frame.node.entries.push_back(std::move(entry));
  }

  const SourceText& source_;
  std::vector<Error>& errors_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  Node root_;
  size_t nodes_ = 0;
  int documents_ = 0;
};

/// An empty value has the mark of whatever follows it. Where that is a key spelled `null`, the spelling is the key's.
void clear_borrowed_spellings(Node& node, Node*& last_null) {
  if (last_null != nullptr && last_null->where.line == node.where.line &&
      last_null->where.column == node.where.column) {
    last_null->text.clear();
  }
  last_null = node.kind == Node::Kind::null ? &node : nullptr;
  for (Node& item : node.items) clear_borrowed_spellings(item, last_null);
  for (Entry& entry : node.entries) {
    clear_borrowed_spellings(entry.key, last_null);
    clear_borrowed_spellings(entry.value, last_null);
  }
}

}  // namespace

Node parse_yaml(std::string_view text, const std::string& file, std::vector<Error>& errors) {
  const Place start{file, 1, 1};
  if (text.size() > kMaxYamlBytes) {
    errors.push_back(error_at(start, fmt::format("file too large, limit in bytes: {}", kMaxYamlBytes)));
    return {};
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!exact::is_utf8(text) || text.find('\0') != std::string_view::npos) {
    errors.push_back(error_at(start, "not UTF-8 text"));
    return {};
  }
  const SourceText source(text, file);
  if (const auto control = std::find_if(text.begin(), text.end(), is_control); control != text.end()) {
    // yaml-cpp drops it in silence.
    errors.push_back(
        error_at(source.place_of(static_cast<size_t>(control - text.begin())), "control character in YAML"));
    return {};
  }
  TreeBuilder builder(source, errors);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return {};
  } catch (const YAML::Exception& e) {
    errors.push_back(error_at(source.place(e.mark.line, e.mark.column), fmt::format("not YAML: {}", e.msg),
                              std::string(text.find("\n\t") == text.npos ? kQuoteHint : kTabHint)));
    return {};
  }
  if (!builder.has_document()) {
    errors.push_back(error_at(start, "the file is empty"));
    return {};
  }
  Node root = builder.take();
  Node* last_null = nullptr;
  clear_borrowed_spellings(root, last_null);
  mend_cut_values(root, source, errors);
  return root;
}

}  // namespace ingot::spec
