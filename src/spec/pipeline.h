#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/secret.h"
#include "spec/format_options.h"
#include "spec/mode.h"
#include "spec/model.h"
#include "spec/remote_options.h"
#include "types/encoding.h"
#include "types/path.h"
#include "types/type.h"
#include "types/value_form.h"

namespace ingot {

enum class Keep : uint8_t { first, last };
enum class CommitScope : uint8_t { unit, run, part };
enum class FormatKind : uint8_t { csv, ndjson, json, pyliteral, fixed, parquet, xlsx, avro };
/// Are files of this format no text, so that lines of JSON stand for them (transcript/)?
constexpr bool is_transcribed(FormatKind format) { return format >= FormatKind::parquet; }

enum class Unmatched : uint8_t { reject, skip };
/// How far an existing table is altered so that it takes what the contract says.
enum class Alter : uint8_t {
  none,   ///< only columns are renamed, where the contract says what they `was`
  add,    ///< columns that it lacks are added
  widen,  ///< and types that are narrower than the contract's are widened
};
enum class Overwritten : uint8_t { refuse, apply, replace_rows };
enum class FileFormat : uint8_t { parquet, csv, ndjson };
enum class FileCompression : uint8_t { none, snappy, gzip, zstd };

/// How the files of a table are written, where the target is a folder.
struct FileOptions {
  FileFormat format = FileFormat::parquet;
  FileCompression compression = FileCompression::zstd;
  int level = 1;  ///< of zstd in Parquet
};

/// An SQL expression as the user wrote it.
struct Expression {
  std::string text;
  Place where;
};

/// One column of the contract.
struct ColumnSpec {
  std::string name;
  Type type;
  bool required = false;
  std::vector<Path> from;                   ///< the first that is present; never empty unless `value` is set
  std::shared_ptr<const ValueForm> form;    ///< how its texts are written; null: in the type's usual form
  std::optional<Expression> value;          ///< computed instead of taken
  std::optional<std::string> default_text;  ///< stands for NULL and for an absent field; parses exactly as `type`
  /// Added by `to.lineage`: where a row comes from. Written with every row, but never what makes a row differ.
  bool lineage = false;
  /// Added by mode scd2: since when, and until when, a version holds. Likewise no reason for a row to differ.
  bool history = false;
  bool rescue = false;      ///< Added by `drift: rescue`: the fields that no column takes, as one JSON object.
  bool of_element = false;  ///< Of a child table: `from` starts at the element, not at the record.
  bool position = false;    ///< Of a child table, without `from` and `value`: the element's place, from 0.
  bool optional = false;    ///< CSV: a unit whose header lacks its field has NULL in it, instead of failing
  std::string was;          ///< what the table's column is called until it is renamed; empty: it has its name
  Place where;

  /// Did the user declare it?
  bool declared() const { return !lineage && !history; }
};

/// What makes a table the child of another: its rows are the elements of an array of the parent's records.
struct ChildSpec {
  size_t parent = 0;  ///< index of a table of the pipeline, declared before; itself no child
  Path each;          ///< the array, from the record
  /// Where the parent has a key: the columns of the child that hold it, in its order.
  std::vector<std::string> key;
  bool replaced = false;  ///< with a key: a load of the parent's row replaces its children, if they differ
};

/// One target table.
struct TableSpec {
  std::string name;                ///< as written: `table`, `schema.table`, each part quoted where need be
  std::optional<Expression> when;  ///< only where the pipeline has several tables; absent = all that is left
  Path root;                       ///< `from` paths and source names are looked up below it
  std::vector<ColumnSpec> columns;
  Mode mode = Mode::append;
  std::vector<std::string> key;  ///< column names, in order; not empty where the mode needs one
  Keep keep = Keep::last;
  /// A column: of a repeated key the record with the greatest value stays, over all commits; the last in the order of
  /// reading among equal ones. Empty: the order of reading decides.
  std::string order_by;
  std::optional<Expression> delete_when;  ///< set only where the mode has tombstones
  /// A file that is loaded again takes the place of the rows that it brought before; `columns` have the lineage.
  bool replace_rows = false;
  Alter alter = Alter::none;
  /// Column names; not empty where the mode has partitions. In a folder rows with the same values lie in one folder.
  std::vector<std::string> partition_by;
  FileOptions file;
  std::optional<ChildSpec> child;  ///< then without when, root, key and what goes with it
  bool has_children = false;
  bool refresh = false;  ///< of this run: what the table holds goes (--full-refresh)
  Place where;

  bool keyed() const { return !key.empty(); }
  /// Are its rows found by the key of the parent's?
  bool follows_key() const { return child && !child->key.empty(); }
  /// Do the table's rows go before those of the load come?
  bool clears() const { return refresh || rules_of(mode).replaces; }
};

/// How rows that the target holds already are found, in modes that update.
enum class Unchanged : uint8_t {
  automatic,  ///< by what is known of the files and of the table's size
  fetch,      ///< the table is read first, and only what is new or different is sent
  merge,      ///< all is sent, and the target compares
};

/// Where the data go.
struct Connection {
  enum class Kind : uint8_t { duckdb, postgres, files };
  Kind kind = Kind::duckdb;
  std::string name;   ///< as written in the pipeline; safe to print
  Secret url;         ///< `duckdb:FILE`, `file:FOLDER` (absolute after loading) or `postgresql://…`
  std::string label;  ///< for people, without password: `postgresql://user@host:port/db`, `duckdb:dev.duckdb`
};

/// How many rejects a unit may have.
struct RejectLimit {
  std::optional<uint64_t> count;  ///< more than this fails the unit
  std::optional<double> rate;     ///< of the unit's records, 0..1; at least `floor` are always allowed
  uint64_t floor = 10;
};

/// One `--set path=value`.
struct Override {
  std::string path;
  std::string value;
};

/// What a pipeline was read from.
struct PipelineText {
  std::string text;
  std::string file;
  std::vector<Override> overrides;
  std::string environment;
};

/// One checked pipeline. Everything that can be known to be wrong without touching source or target has been refused.
struct Pipeline {
  std::string name;
  std::string file;      ///< the YAML file as given
  std::string base_dir;  ///< its folder, absolute
  struct From {
    std::vector<std::string> paths;  ///< of files, or URLs of one scheme; a URL may hold a secret: see printable_url()
    FormatKind format = FormatKind::csv;  ///< given, or by the paths' extension
    Charset encoding = Charset::automatic;
    bool all = false;               ///< `new: all`
    bool known_by_content = false;  ///< `same_content: skip`: a file is known by its content, whatever its name
    Overwritten overwritten = Overwritten::apply;
    CsvOptions csv;
    JsonOptions json;
    FixedOptions fixed;
    std::string sheet;              ///< of a workbook; empty: its only one
    uint64_t max_ratio = 1000;      ///< how many times its size a file may decompress to; 0 = no limit
    uint64_t max_decompressed = 0;  ///< bytes of one file; 0 = no limit
    RemoteOptions remote;           ///< where the paths are URLs
  } from;
  std::vector<TableSpec> tables;  ///< in order of declaration
  bool routed = false;            ///< `tables:` was used: records are routed by `when`
  std::optional<Expression> where;
  Unmatched unmatched = Unmatched::reject;
  Drift drift = Drift::ignore;
  Connection connection;
  CommitScope commit = CommitScope::unit;
  uint64_t part_bytes = uint64_t{256} << 20;  ///< with CommitScope::part; decompressed
  Unchanged unchanged = Unchanged::automatic;
  size_t connections = 0;            ///< that load at a time, where they may; 0 = by the processors
  uint64_t max_rows_per_second = 0;  ///< that go to the target; 0 = as many as it takes
  RejectLimit max_rejects{std::nullopt, 0.01, 10};
  std::vector<ModelSpec> models;  ///< what is derived after a load, in order of declaration
  /// Of everything that decides what is loaded and how (connection, max_rejects, models excluded), hex.
  std::string hash;
  /// Set where no columns are declared: its only table has none until with_contract() has added those that were
  /// inferred, or kept.
  std::shared_ptr<const PipelineText> undeclared;
  /// Set with `drift: add`: columns may be added to it by with_contract().
  std::shared_ptr<const PipelineText> growing;
};

/// Has the pipeline a table whose rows may be compared with those of a load before these are sent?
bool compares(const Pipeline& pipeline);

/// Does it replace what its tables hold? All of them, or none.
bool replaces(const Pipeline& pipeline);

using PipelineOrErrors = tl::expected<Pipeline, std::vector<Error>>;

/// Loads, interpolates and checks a pipeline file. `environment` is the name given by --env ("" = `dev`).
/// Returns every mistake found, not only the first, ordered by place.
PipelineOrErrors load_pipeline(const std::string& file, const std::vector<Override>& overrides,
                               const std::string& environment);

/// Does the same with a text that was read already, or never was a file; `file` names it, and its folder is where
/// relative paths start and ingot.yaml is looked for.
PipelineOrErrors parse_pipeline(std::string_view text, const std::string& file, const std::vector<Override>& overrides,
                                const std::string& environment);

/// Reads a pipeline again with a contract: YAML that holds `columns`, and under `from` what is to be said of the files
/// beside. Keys and columns that the pipeline itself has stand. Precondition: `undeclared` or `growing`.
PipelineOrErrors with_contract(const Pipeline& pipeline, const std::string& contract);

}  // namespace ingot
