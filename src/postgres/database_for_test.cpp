#include "postgres/database_for_test.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace ingot::postgres {

namespace {

std::string output_of(const std::string& command) {
  std::string out;
  if (std::FILE* pipe = ::popen(command.c_str(), "r")) {
    char buffer[256];
    while (std::fgets(buffer, sizeof buffer, pipe)) out += buffer;
    ::pclose(pipe);
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

// The private server; stopped and removed with the program.
class Server {
 public:
  Server() : dir_(fmt::format("/tmp/ingot-unit-postgres-{}", ::getpid())) {
    if (const char* given = std::getenv("INGOT_TEST_POSTGRES")) {
      url_ = given;
      return;
    }
    url_ = output_of("scripts/postgres start " + dir_);
    started_ = !url_.empty();
  }
  ~Server() {
    if (!started_) return;
    output_of("scripts/postgres stop " + dir_ + " immediate");
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  const std::string& url() const { return url_; }

 private:
  std::string dir_;
  std::string url_;
  bool started_ = false;
};

}  // namespace

std::string server_url() {
  static Server server;
  return server.url();
}

void DatabaseTest::SetUp() {
  const std::string server = server_url();
  ASSERT_FALSE(server.empty()) << "no server; run from the repository's root";
  static int last = 0;
  database_ = fmt::format("t{}_{}", ::getpid(), ++last);
  auto admin = PgConnection::open(Secret(server));
  ASSERT_TRUE(admin) << admin.error().to_string();
  ASSERT_TRUE((*admin)->run("CREATE DATABASE " + database_));
  url_ = server.substr(0, server.rfind('/') + 1) + database_;
  auto other = PgConnection::open(Secret(url_));
  ASSERT_TRUE(other);
  other_ = std::move(*other);
}

void DatabaseTest::TearDown() {
  other_.reset();
  if (auto admin = PgConnection::open(Secret(server_url()))) {
    (void)(*admin)->run(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", database_));
  }
}

void DatabaseTest::sql(const std::string& statement) {
  const auto status = other_->run(statement);
  ASSERT_TRUE(status) << status.error().to_string() << "\n" << statement;
}

std::string DatabaseTest::value(const std::string& query) {
  const auto result = other_->query(query);
  if (!result) return result.error().to_string();
  std::string out;
  for (int i = 0; i < result->rows(); ++i) out += (i == 0 ? "" : "\n") + result->string(i, 0);
  return out;
}

bool DatabaseTest::comes_true(const std::function<bool()>& what) {
  for (int i = 0; i < 2000; ++i) {
    if (what()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

bool DatabaseTest::somebody_waits() {
  return comes_true([this] {
    return value(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = "
               "'Lock'") != "0";
  });
}

}  // namespace ingot::postgres
