#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "core/byte_count.h"
#include "core/names.h"
#include "core/url.h"
#include "spec/options.h"
#include "spec/override.h"
#include "spec/sections.h"

namespace ingot::spec {

namespace {

struct Extension {
  std::string_view ending;
  FormatKind format;
};

constexpr Extension kExtensions[] = {
    {".csv", FormatKind::csv},      {".tsv", FormatKind::csv},   {".ndjson", FormatKind::ndjson},
    {".jsonl", FormatKind::ndjson}, {".json", FormatKind::json}, {".parquet", FormatKind::parquet},
    {".xlsx", FormatKind::xlsx},    {".xlsm", FormatKind::xlsx}, {".avro", FormatKind::avro},
};

struct FormatName {
  std::string_view name;
  FormatKind format;
};

constexpr FormatName kFormats[] = {{"csv", FormatKind::csv},     {"ndjson", FormatKind::ndjson},
                                   {"json", FormatKind::json},   {"pyliteral", FormatKind::pyliteral},
                                   {"fixed", FormatKind::fixed}, {"parquet", FormatKind::parquet},
                                   {"xlsx", FormatKind::xlsx},   {"avro", FormatKind::avro}};

constexpr std::string_view kFormatNames = "csv, ndjson, json, pyliteral, fixed, parquet, xlsx or avro";

std::string_view name_of(FormatKind format) {
  const auto* known =
      std::find_if(std::begin(kFormats), std::end(kFormats), [&](const FormatName& f) { return f.format == format; });
  return known->name;
}

JsonOptions::Layout layout_of(FormatKind format) {
  if (is_transcribed(format)) return JsonOptions::Layout::lines;
  switch (format) {
    case FormatKind::ndjson:
      return JsonOptions::Layout::lines;
    case FormatKind::pyliteral:
      return JsonOptions::Layout::literals;
    default:
      return JsonOptions::Layout::values;
  }
}

/// Which formats an option says something about; of those that are not here it does of all.
struct FormatOption {
  std::string_view name;
  std::initializer_list<FormatKind> formats;
};

constexpr size_t kMostDelimiter = 16;

constexpr auto kTexts = {FormatKind::csv, FormatKind::ndjson, FormatKind::json, FormatKind::pyliteral,
                         FormatKind::fixed};
constexpr auto kCsv = {FormatKind::csv};
constexpr auto kTables = {FormatKind::csv, FormatKind::xlsx};
constexpr auto kLines = {FormatKind::csv, FormatKind::fixed};
constexpr auto kRows = {FormatKind::csv, FormatKind::fixed, FormatKind::xlsx};
constexpr auto kFixed = {FormatKind::fixed};
constexpr auto kXlsx = {FormatKind::xlsx};
constexpr auto kJson = {FormatKind::json};
constexpr auto kNested = {FormatKind::ndjson, FormatKind::json, FormatKind::pyliteral, FormatKind::parquet,
                          FormatKind::avro};

constexpr FormatOption kFormatOptions[] = {
    {"encoding", kTexts},  {"delimiter", kCsv},    {"quote", kCsv},   {"escape", kCsv},  {"header", kTables},
    {"header_rows", kCsv}, {"skip", kRows},        {"comment", kCsv}, {"newline", kCsv}, {"skip_footer", kLines},
    {"footer", kCsv},      {"ragged", kLines},     {"null", kLines},  {"count", kFixed}, {"trim", kFixed},
    {"records", kJson},    {"max_depth", kNested}, {"sheet", kXlsx},
};

constexpr std::string_view kUrlSchemes[] = {"http", "https", "s3"};

/// Returns the file's name in lower case without the ending of a compression.
std::string bare_name(std::string name) {
  name = folded_name(name);
  for (std::string_view ending : {".gz", ".zst", ".bz2", ".xz", ".lz4", ".zip"}) {
    if (name.ends_with(ending)) {
      name.resize(name.size() - ending.size());
      break;
    }
  }
  return name;
}

/// For a hint only: which of them is one the source decides.
bool is_archive(const std::string& path) {
  return path.find(".zip") != path.npos || path.find(".tar") != path.npos || path.ends_with(".tgz");
}

std::optional<FormatKind> format_by_name(const std::string& path) {
  const std::string name = bare_name(path_of_url(path));
  for (const Extension& extension : kExtensions) {
    if (name.ends_with(extension.ending)) return extension.format;
  }
  return std::nullopt;
}

/// Reads the checked mapping `from:`.
class FromReader {
 public:
  FromReader(Node& node, Reading& reading) : node_(node), reading_(reading) {}

  Pipeline::From read() {
    read_paths();
    out_.remote = read_remote(node_, out_.paths, reading_);
    const bool known = read_format();
    if (const Node* value = value_of(node_, "encoding")) out_.encoding = encoding_by_name(value->text);
    if (const Node* value = value_of(node_, "new")) out_.all = value->text == "all";
    if (const Node* value = value_of(node_, "same_content")) {
      out_.known_by_content = value->text == "skip";
      if (out_.known_by_content && out_.all)
        reading_.wrong(value->where, "same_content: skip with new: all", "all files are loaded, whatever is in them");
    }
    if (known) refuse_options_of_other_formats();
    read_csv();
    read_fixed();
    if (const Node* value = value_of(node_, "sheet")) out_.sheet = value->text;
    out_.json.layout = layout_of(out_.format);
    read_records();
    read_limits();
    if (const Node* value = value_of(node_, "max_depth")) out_.json.max_depth = std::stoi(value->text);
    return std::move(out_);
  }

 private:
  void read_paths() {
    const Node* paths = value_of(node_, "path");
    if (paths == nullptr) {
      if (node_.find("path") == nullptr)
        reading_.wrong(node_.where, "from without path", "write from: FILE, or from: { path: FILE }");
      return;
    }
    for (const Node* path : texts_of(*paths)) {
      if (path->text.empty()) {
        reading_.wrong(path->where, fmt::format("empty path in from: \"{}\"", path->shown()));
      } else if (is_usable(*path)) {
        out_.paths.push_back(path->text);
        shown_.push_back(path);
      }
    }
    if (shown_.size() > 1) {
      const auto input = std::find(out_.paths.begin(), out_.paths.end(), "-");
      if (input != out_.paths.end())
        reading_.wrong(paths->where, "standard input cannot be read together with files: \"-\"");
    }
  }

  // A path, or a URL of a kind that is read; all of them of one kind.
  bool is_usable(const Node& path) {
    const std::string scheme = scheme_of(path.text);
    const bool url = path.text.find("://") != std::string::npos;
    if (url && std::find(std::begin(kUrlSchemes), std::end(kUrlSchemes), scheme) == std::end(kUrlSchemes)) {
      reading_.wrong(path.where,
                     fmt::format("not supported by this version yet: {}",
                                 path.written.empty() ? path.text.substr(0, path.text.find("://") + 3) : path.written),
                     "this version reads local files, standard input, http://, https:// and s3://");
      return false;
    }
    if (scheme == "s3") return is_usable_s3(path);
    if (url && has_user_info(path.text)) {
      reading_.wrong(path.where, "credentials in a URL",
                     "give them by reference: from: { path: …, auth: { user: NAME, password: \"${env.PASSWORD}\" } }");
      return false;
    }
    if (url && path_of_url(path.text).find('*') != std::string::npos) {
      reading_.wrong(path.where, fmt::format("a pattern in a URL: {}", printable_shown(path)),
                     "a web server does not list its files: name each of them, in a list; a star is written %2A");
      return false;
    }
    if (url && names_archive(path_of_url(path.text))) {
      reading_.wrong(
          path.where,
          fmt::format("not supported by this version yet: an archive that is a URL: {}", printable_shown(path)),
          "download it first: members of archives of this machine are read");
      return false;
    }
    if (!out_.paths.empty() &&
        (scheme_of(out_.paths.front()).empty() != scheme.empty() || scheme_of(out_.paths.front()) == "s3")) {
      reading_.wrong(path.where, fmt::format("files and URLs in one pipeline: \"{}\"", printable_shown(path)));
      return false;
    }
    return true;
  }

  static bool names_archive(const std::string& path) {
    const std::string name = folded_name(path);
    return name.find("!/") != name.npos || name.ends_with(".zip") || name.ends_with(".tgz") ||
           bare_name(name).ends_with(".tar");
  }

  bool is_usable_s3(const Node& path) {
    const bool mixed = !out_.paths.empty() && scheme_of(out_.paths.front()) != "s3";
    const bool no_bucket = path.text.find_first_not_of('/', path.text.find("://") + 1) != path.text.find("://") + 3;
    if (mixed) {
      reading_.wrong(path.where, fmt::format("files and objects of S3 in one pipeline: \"{}\"", path.shown()));
    } else if (no_bucket || !path.text.starts_with("s3://")) {
      reading_.wrong(path.where, fmt::format("no bucket in the path: \"{}\"", path.shown()), "write s3://BUCKET/KEY");
    }
    const bool archive = names_archive(path.text);
    if (archive)
      reading_.wrong(path.where,
                     fmt::format("not supported by this version yet: an archive in a bucket: {}", path.shown()),
                     "download it first: members of archives of this machine are read");
    return !mixed && !no_bucket && !archive;
  }

  static std::string printable_shown(const Node& path) {
    return path.written.empty() ? printable_url(path.text) : path.written;
  }

  /// Returns whether the format is known.
  bool read_format() {
    if (const Node* value = value_of(node_, "format")) {
      for (const FormatName& known : kFormats) {
        if (known.name == value->text) out_.format = known.format;
      }
      return true;
    }
    if (node_.find("format") != nullptr) return false;
    std::optional<FormatKind> format;
    for (size_t i = 0; i < out_.paths.size(); ++i) {
      const auto own = format_by_name(out_.paths[i]);
      if (!own || (format && *format != *own)) {
        reading_.wrong(shown_[i]->where,
                       fmt::format("{}: \"{}\"", own ? "files of several formats in one pipeline" : "no format for",
                                   printable_shown(*shown_[i])),
                       fmt::format("add format: {}{}", kFormatNames,
                                   is_archive(out_.paths[i]) ? "; it is that of the archive's members" : ""));
        return false;
      }
      format = own;
    }
    out_.format = format.value_or(FormatKind::csv);
    return format.has_value();
  }

  void refuse_options_of_other_formats() {
    for (const Entry& entry : node_.entries) {
      const auto* const option = std::find_if(std::begin(kFormatOptions), std::end(kFormatOptions),
                                              [&](const FormatOption& o) { return o.name == entry.key.text; });
      if (option == std::end(kFormatOptions)) continue;
      if (std::find(option->formats.begin(), option->formats.end(), out_.format) != option->formats.end()) continue;
      reading_.wrong(entry.key.where,
                     fmt::format("no effect with format {}: \"{}\"", name_of(out_.format), entry.key.text));
    }
  }

  void read_limits() {
    if (const Node* value = value_of(node_, "max_ratio")) out_.max_ratio = std::stoull(value->text);
    const Node* most = value_of(node_, "max_decompressed");
    if (most == nullptr) return;
    const auto bytes = parse_byte_count(most->text);
    if (bytes && *bytes > 0) {
      out_.max_decompressed = *bytes;
    } else {
      reading_.wrong(most->where, fmt::format("not a number of bytes: \"{}\"", most->shown()), "write 100GB, or 64MiB");
    }
  }

  void read_records() {
    const Node* value = value_of(node_, "records");
    if (value == nullptr) return;
    constexpr std::string_view kElements = "[*]";
    std::string_view text = value->text;
    if (!text.ends_with(kElements)) {
      reading_.wrong(value->where, fmt::format("expected the path to an array's elements: \"{}\"", value->shown()),
                     fmt::format("write \"{}{}\"", text, kElements));
      return;
    }
    text.remove_suffix(kElements.size());
    if (text.empty() || text == "$") {
      reading_.wrong(value->where, fmt::format("an array that is the whole file needs no path: \"{}\"", value->shown()),
                     "leave records out");
      return;
    }
    const bool nested = text.find(kElements) != text.npos;
    auto path = parse_path(text);
    if (path) {
      out_.json.records = std::move(*path);
    } else {
      reading_.wrong(value->where, path.error().message, nested ? "only the last step may be [*]" : path.error().hint);
    }
  }

  void read_csv() {
    const bool all_tabs =
        !out_.paths.empty() && std::all_of(out_.paths.begin(), out_.paths.end(), [](const std::string& path) {
          return bare_name(path_of_url(path)).ends_with(".tsv");
        });
    if (all_tabs && out_.format == FormatKind::csv) out_.csv.delimiter = '\t';
    read_delimiter();
    read_character("quote", out_.csv.quote);
    read_character("escape", out_.csv.escape);
    read_character("comment", out_.csv.comment);
    if (out_.csv.escape == out_.csv.quote) out_.csv.escape = 0;
    check_characters();
    read_lines();
    read_footer();
    if (const Node* value = value_of(node_, "header")) {
      using Header = CsvOptions::Header;
      out_.csv.header = value->text == "true"    ? Header::present
                        : value->text == "false" ? Header::absent
                                                 : Header::detect;
    }
    if (const Node* value = value_of(node_, "null")) {
      for (const Node* text : texts_of(*value)) out_.csv.null_texts.push_back(text->text);
    }
  }

  void read_fixed() {
    using Trim = FixedOptions::Trim;
    FixedOptions& fixed = out_.fixed;
    fixed.skip = out_.csv.skip;
    fixed.skip_footer = out_.csv.skip_footer;
    fixed.ragged = out_.csv.ragged;
    fixed.null_texts = out_.csv.null_texts;
    if (const Node* value = value_of(node_, "count")) fixed.in_bytes = value->text == "bytes";
    if (const Node* value = value_of(node_, "trim")) {
      fixed.trim = value->text == "left"    ? Trim::left
                   : value->text == "right" ? Trim::right
                   : value->text == "none"  ? Trim::none
                                            : Trim::both;
    }
    const bool wide = out_.encoding >= Charset::utf16 && out_.encoding <= Charset::utf16be;
    if (fixed.in_bytes && wide) reading_.wrong(node_.where, "with UTF-16 places are counted in characters: \"count\"");
    const Node* ragged = value_of(node_, "ragged");
    if (out_.format == FormatKind::fixed && ragged != nullptr && fixed.ragged == CsvOptions::Ragged::pad_cut)
      reading_.wrong(ragged->where, "lines of fixed width are never too long: \"pad_and_cut\"", "write pad");
  }

  void check_characters() {
    const CsvOptions& csv = out_.csv;
    const Node* given = value_of(node_, "escape");
    if (csv.quote == 0 && given != nullptr)
      reading_.wrong(given->where, "no effect with quote: none: \"escape\"", "it stands before a quote");
    const char all[] = {csv.delimiter, csv.quote, csv.escape, csv.comment};
    for (const char c : {csv.quote, csv.escape}) {
      if (c == 0 || csv.delimiter_rest.find(c) == std::string::npos) continue;
      reading_.wrong(value_of(node_, "delimiter")->where, "delimiter, quote and escape must differ");
      return;
    }
    for (size_t i = 0; i < std::size(all); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (all[i] == 0 || all[i] != all[j]) continue;
        const Node* value = value_of(node_, i == 3 ? "comment" : "delimiter");
        reading_.wrong(value != nullptr ? value->where : node_.where,
                       i == 3 ? "comment must differ from delimiter, quote and escape"
                              : "delimiter, quote and escape must differ");
        return;
      }
    }
  }

  void read_lines() {
    CsvOptions& csv = out_.csv;
    const auto number = [&](std::string_view key, uint32_t& out) {
      if (const Node* value = value_of(node_, key)) out = static_cast<uint32_t>(std::stoul(value->text));
    };
    number("skip", csv.skip);
    number("skip_footer", csv.skip_footer);
    number("header_rows", csv.header_rows);
    const Node* header = value_of(node_, "header");
    if (const Node* rows = value_of(node_, "header_rows"); rows && header && header->text == "false")
      reading_.wrong(rows->where, "no effect with header: false: \"header_rows\"");
    if (const Node* value = value_of(node_, "newline")) csv.ends_with_cr = value->text == "cr";
    if (const Node* value = value_of(node_, "ragged")) {
      using Ragged = CsvOptions::Ragged;
      csv.ragged = value->text == "pad" ? Ragged::pad : value->text == "pad_and_cut" ? Ragged::pad_cut : Ragged::reject;
    }
  }

  void read_footer() {
    const Node* value = value_of(node_, "footer");
    const auto said = [&](std::string_view key) { return node_.find(key) != nullptr; };
    CsvOptions& csv = out_.csv;
    csv.said = {said("quote") || said("escape"), said("comment"), said("skip"), said("footer") || said("skip_footer"),
                said("header_rows")};
    if (value == nullptr) return;
    csv.footer = value->text;
    const bool good = !csv.footer.empty() && csv.footer.find_first_of("\r\n") == std::string::npos;
    if (!good) {
      reading_.wrong(value->where, fmt::format("expected the beginning of a line for footer: \"{}\"", value->shown()));
    } else if (csv.skip_footer > 0) {
      reading_.wrong(value->where, "footer together with skip_footer", "say one of them");
    }
  }

  /// Several characters: the first, and the rest.
  void read_delimiter() {
    const Node* value = value_of(node_, "delimiter");
    if (value == nullptr || value->text.size() < 2 || value->text == "tab" || value->text == "\\t")
      return read_character("delimiter", out_.csv.delimiter);
    const auto odd = [](char c) {
      return static_cast<unsigned char>(c) >= 0x80 || c == '\n' || c == '\r' || c == '\0';
    };
    if (value->text.size() > kMostDelimiter || std::any_of(value->text.begin(), value->text.end(), odd)) {
      reading_.wrong(value->where, fmt::format("expected ASCII characters, {} at most, for delimiter: \"{}\"",
                                               kMostDelimiter, value->shown()));
      return;
    }
    out_.csv.delimiter = value->text[0];
    out_.csv.delimiter_rest = value->text.substr(1);
  }

  void read_character(std::string_view key, char& out) {
    const Node* value = value_of(node_, key);
    if (value == nullptr) return;
    std::string text = value->text;
    if (key == "quote" && text == "none") {
      out = 0;
      return;
    }
    if (text == "tab" || text == "\\t") text = "\t";
    const bool good =
        text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80 && text[0] != '\n' && text[0] != '\r';
    if (good) {
      out = text[0];
    } else {
      reading_.wrong(value->where, fmt::format("expected one ASCII character for {}: \"{}\"", key, value->shown()));
    }
  }

  Node& node_;
  Reading& reading_;
  Pipeline::From out_;
  std::vector<const Node*> shown_;  ///< beside out_.paths
};

}  // namespace

Pipeline::From read_from(Node* from, Reading& reading) {
  if (from == nullptr) {
    if (!reading.is_misspelt("from")) reading.wrong(reading.top(), "missing key: \"from\"", "write from: FILE");
    return {};
  }
  if (from->kind == Node::Kind::null) return {};
  const bool was_shorthand = !from->is_mapping();
  expand_from(*from);
  // A shorthand's texts were checked, and interpolated, as a value of the pipeline.
  if (!was_shorthand && !check_section(*from, Section::from, "from", reading)) return {};
  return FromReader(*from, reading).read();
}

}  // namespace ingot::spec
