#include "target/postgres/alter.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/names.h"
#include "core/sql_text.h"
#include "target/widening.h"

namespace ingot::postgres {

namespace {

constexpr int kTypmodBase = 4;  // varchar(n) has typmod n + 4, and so on

int32_t typmod_of(const Type& type) {
  const Kind kind = type.kind == Kind::array ? type.element : type.kind;
  if (kind == Kind::decimal) return ((type.precision << 16) | type.scale) + kTypmodBase;
  if (kind == Kind::text && type.max_chars > 0) return static_cast<int32_t>(type.max_chars) + kTypmodBase;
  return -1;
}

// A change of these writes no row anew.
bool keeps_rows(const Type& from, const Type& to) {
  return from.kind == to.kind && (from.kind == Kind::text || (from.kind == Kind::decimal && from.scale == to.scale));
}

/// Alters one table, for the time being in thought.
class Alteration {
 public:
  Alteration(PgConnection& server, TableInfo& table, const TableSpec& spec)
      : server_(server), table_(table), spec_(spec) {}

  Result<std::vector<std::string>> plan() {
    for (const ColumnSpec& column : spec_.columns) INGOT_TRY(rename(column));
    for (const ColumnSpec& column : spec_.columns) {
      if (Column* there = find(column.name)) {
        INGOT_TRY(widen(column, *there));
      } else if (spec_.alter != Alter::none) {
        INGOT_TRY(add(column));
      }
    }
    if (!actions_.empty())
      statements_.push_back(fmt::format("ALTER TABLE {} {}{}", table_.name.sql(), fmt::join(actions_, ", "),
                                        rewrites_ ? " /* locks the table, and writes all its rows anew */" : ""));
    if (!statements_.empty()) INGOT_TRY(check_table());
    return std::move(statements_);
  }

 private:
  Column* find(const std::string& name) {
    const auto found =
        std::find_if(table_.columns.begin(), table_.columns.end(), [&](const Column& c) { return c.name == name; });
    return found == table_.columns.end() ? nullptr : &*found;
  }

  Status rename(const ColumnSpec& column) {
    Column* old = column.was.empty() ? nullptr : find(column.was);
    if (old == nullptr) return {};
    if (find(column.name) != nullptr) return fail(both_exist(column, table_.name.text()));
    statements_.push_back(fmt::format("ALTER TABLE {} RENAME COLUMN {} TO {}", table_.name.sql(),
                                      quote_identifier(column.was), quote_identifier(column.name)));
    old->name = column.name;
    for (UniqueIndex& index : table_.unique)
      std::replace(index.columns.begin(), index.columns.end(), column.was, column.name);
    return {};
  }

  Status add(const ColumnSpec& column) {
    INGOT_TRY(check_addable(spec_, column, table_.name.text()));
    Column added;
    added.name = column.name;
    INGOT_ASSIGN(added.base, base_of(column.type));
    table_.columns.push_back(std::move(added));
    actions_.push_back(fmt::format("ADD COLUMN {} {}", quote_identifier(column.name), sql_name(column.type)));
    return {};
  }

  Status widen(const ColumnSpec& column, Column& there) {
    if (!there.domains.empty() || there.generated) return {};
    const auto from = parse_type(there.base.text);
    if (!to_be_widened(from, column, spec_)) return {};
    INGOT_TRY(check_readers(there));
    rewrites_ = rewrites_ || !keeps_rows(*from, column.type);
    INGOT_ASSIGN(there.base, base_of(column.type));
    actions_.push_back(fmt::format("ALTER COLUMN {} TYPE {}{}", quote_identifier(column.name), sql_name(column.type),
                                   there.collation_sql.empty() ? "" : " COLLATE " + there.collation_sql));
    return {};
  }

  Result<BaseType> base_of(const Type& type) {
    INGOT_ASSIGN(const QueryResult found,
                 server_.query("SELECT t.oid, t.typcategory, t.typelem, format('%I.%I', n.nspname, t.typname), "
                               "format_type(t.oid, $2::integer), t.typname FROM pg_type t JOIN pg_namespace n ON n.oid "
                               "= t.typnamespace WHERE t.oid = to_regtype($1)",
                               {sql_name(type), std::to_string(typmod_of(type))}));
    if (found.rows() == 0) return fail(Code::internal, "the server does not know the type " + sql_name(type));
    BaseType base;
    base.oid = static_cast<uint32_t>(found.unsigned_integer(0, 0));
    base.typmod = typmod_of(type);
    base.category = found.text(0, 1)[0];
    base.element = static_cast<uint32_t>(found.unsigned_integer(0, 2));
    base.sql = found.string(0, 3);
    base.text = found.string(0, 4);
    base.name = found.string(0, 5);
    return base;
  }

  // The server changes no type that a view depends on.
  Status check_readers(const Column& column) {
    INGOT_ASSIGN(
        const QueryResult readers,
        server_.query("SELECT DISTINCT v.oid::regclass::text FROM pg_depend d JOIN pg_rewrite w ON d.classid = "
                      "'pg_rewrite'::regclass AND w.oid = d.objid JOIN pg_class v ON v.oid = w.ev_class JOIN "
                      "pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.refclassid = "
                      "'pg_class'::regclass AND d.refobjid = $1::oid AND a.attname = $2 ORDER BY 1",
                      {std::to_string(table_.oid), old_name(column.name)}));
    if (readers.rows() == 0) return {};
    std::vector<std::string> names;
    for (int i = 0; i < readers.rows(); ++i) names.push_back(readers.string(i, 0));
    return fail(Code::target_refused,
                fmt::format("table {}, column {}: its type cannot be widened, {} read{} it: {}", table_.name.text(),
                            column.name, names.size() == 1 ? "a view" : "views", names.size() == 1 ? "s" : "",
                            join_names(names)),
                "drop them, run, and create them again; models are built again by themselves");
  }

  // What the catalog calls a column that is only renamed in thought.
  const std::string& old_name(const std::string& name) const {
    const auto found = std::find_if(spec_.columns.begin(), spec_.columns.end(),
                                    [&](const ColumnSpec& c) { return c.name == name && !c.was.empty(); });
    const std::string renamed = fmt::format("TO {}", quote_identifier(name));
    const bool is_new =
        std::any_of(statements_.begin(), statements_.end(), [&](const std::string& s) { return s.ends_with(renamed); });
    return found != spec_.columns.end() && is_new ? found->was : name;
  }

  Status check_table() {
    const auto refuse = [&](const std::string& what, std::string hint) {
      return fail(
          Code::target_refused,
          fmt::format("table {} {}, and is to be altered: {}", table_.name.text(), what, fmt::join(statements_, "; ")),
          std::move(hint));
    };
    if (table_.relkind != 'r' && table_.relkind != 'p')
      return refuse("is a view", "name the table itself, or alter it yourself");
    INGOT_ASSIGN(
        const QueryResult rights,
        server_.query("SELECT pg_has_role(relowner, 'USAGE'), relispartition FROM pg_class WHERE oid = $1::oid",
                      {std::to_string(table_.oid)}));
    if (rights.rows() == 1 && !rights.boolean(0, 0))
      return refuse("is not yours", "only its owner may do that: let it be done, or run as a member of that role");
    if (rights.rows() == 1 && rights.boolean(0, 1))
      return refuse("is a partition", "its columns are those of the partitioned table: alter that one");
    return {};
  }

  PgConnection& server_;
  TableInfo& table_;
  const TableSpec& spec_;
  std::vector<std::string> statements_;
  std::vector<std::string> actions_;
  bool rewrites_ = false;
};

}  // namespace

Result<std::vector<std::string>> alter_table(PgConnection& server, TableInfo& table, const TableSpec& spec) {
  return Alteration(server, table, spec).plan();
}

Result<std::string> columns_of(PgConnection& server, uint32_t oid) {
  INGOT_ASSIGN(
      const QueryResult result,
      server.query("SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY "
                   "attnum) FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped",
                   {std::to_string(oid)}));
  return result.string(0, 0);
}

Status lock_unaltered(PgConnection& server, const TableState& was) {
  INGOT_TRY(server.run(fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", was.name.sql())));
  INGOT_ASSIGN(const std::string columns, columns_of(server, was.oid));
  if (columns == was.columns) return {};
  return fail(Code::busy, fmt::format("table {} was altered while the run was under way", was.name.text()),
              "run again");
}

}  // namespace ingot::postgres
