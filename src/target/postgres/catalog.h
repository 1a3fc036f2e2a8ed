#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/table_name.h"
#include "postgres/connection.h"

namespace ingot::postgres {

/// A type as a column has it once its domains are peeled off.
constexpr uint32_t kFirstOfUsers = 16384;  ///< oids of what extensions and users make are not less

struct BaseType {
  uint32_t oid = 0;
  int32_t typmod = -1;
  char category = 'U';   ///< pg_type.typcategory
  char kind = 'b';       ///< pg_type.typtype
  uint32_t element = 0;  ///< of an array
  char element_kind = 'b';
  std::string sql;   ///< quoted, with schema, without typmod
  std::string text;  ///< for people: `character varying(3)`
  std::string name;  ///< pg_type.typname

  /// A type with functions of its own, made after the database.
  bool is_extension() const { return oid >= kFirstOfUsers && kind == 'b'; }
};

struct Column {
  std::string name;
  BaseType base;
  std::string type_sql;           ///< as declared, quoted, with schema: a domain's name where it is one
  std::vector<uint32_t> domains;  ///< the domains peeled off, outermost first
  bool not_null = false;          ///< the column's own
  bool domain_not_null = false;
  bool has_default = false;
  char identity = 0;  ///< 'a' always, 'd' by default, 0 none
  bool generated = false;
  bool volatile_default = false;  ///< identity, or a default that differs from row to row (nextval, …)
  std::string collation_sql;      ///< quoted, with schema; empty where it is the default or the type has none
  bool deterministic = true;      ///< its collation
};

/// A unique index.
struct UniqueIndex {
  std::string name;
  std::vector<std::string> parts;  ///< of a partitioned table: names of its indexes in the partitions
  bool primary = false;
  /// Valid, immediate, no expressions, no periods, NULLs are distinct, usual collation.
  bool sound = true;
  std::string predicate;               ///< of a partial index, as the server writes it: `(valid_to IS NULL)`
  std::vector<std::string> columns;    ///< empty name = an expression
  std::vector<std::string> operators;  ///< equality for each: `OPERATOR(pg_catalog.=)`

  bool plain() const { return sound && predicate.empty(); }
};

/// What the server's catalog says of a table.
struct TableInfo {
  uint32_t oid = 0;
  TableName name;
  char relkind = 0;
  std::vector<Column> columns;
  std::vector<UniqueIndex> unique;
  bool exclusion = false;        ///< has exclusion constraints
  bool before_triggers = false;  ///< row triggers that may change or suppress what is written
  bool rules = false;            ///< that change what an INSERT or an UPDATE does
  bool self_reference = false;   ///< has a foreign key to itself
  bool triggers = false;         ///< has triggers of any kind, but for those of foreign keys
  bool foreign_keys = false;     ///< refers to other tables
  bool may_insert = false;
  bool may_update = false;
  bool may_select = false;
  bool may_delete = false;
  bool may_lock = false;      ///< against other writers
  bool partitions = false;    ///< has partitions, or is one
  bool row_security = false;  ///< policies decide which rows this user sees and writes
  bool insertable = false;    ///< of a view: rows can be inserted through it
  std::string foreign;        ///< the foreign table that it is, has as a partition or reads, if any

  const Column* find(const std::string& column) const;
  /// Does an extension read what is written to one of the columns?
  bool has_extension_types() const;
  /// Does this SQLSTATE say that a row was refused? PostGIS and others report text that they cannot read as XX000.
  bool is_row_fault(std::string_view sqlstate) const;
};

/// Looks a table up by the search path or its schema. Nothing: there is no such table.
Result<std::optional<TableInfo>> look_up(PgConnection& server, const TableName& name);

/// Names of the tables where `name` would be looked for.
Result<std::vector<std::string>> tables_near(PgConnection& server, const TableName& name);

}  // namespace ingot::postgres
