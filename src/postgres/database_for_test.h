#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "postgres/connection.h"

namespace ingot::postgres {

/// The URL of a private server that lives as long as the test program; starts it unless it runs.
std::string server_url();

/// A database of its own for each test.
class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs SQL as somebody else would, by a connection of its own.
  void sql(const std::string& statement);
  std::string value(const std::string& query);
  /// Asks again and again until it is true; false once it has not been for a long time.
  static bool comes_true(const std::function<bool()>& what);
  /// Waits until a connection of this database waits for a lock.
  bool somebody_waits();

  std::string url_;
  std::string database_;
  std::unique_ptr<PgConnection> other_;
};

}  // namespace ingot::postgres
