#include "s3/s3_listing.h"

#include <deque>
#include <utility>

namespace ingot {

namespace {

constexpr size_t kMostAtATime = 16;  // pages; a server lists some thousand keys a second for each
// With fewer "folders" nothing is won, with more most of them would be small, and cost a request each.
constexpr size_t kFewestFolders = 2;
constexpr size_t kMostFolders = 200;

/// What is listed page by page.
struct Branch {
  enum class Stage : uint8_t {
    first,    ///< its first page: perhaps all of it
    folders,  ///< is it worth while to go by folders?
    rest,     ///< page after page
  };
  std::string prefix;
  bool folders = false;  ///< objects of this level only
  Stage stage = Stage::first;
  std::string token;
  S3ListPage kept;  ///< the first page, while the folders are looked at
};

/// The listing, while it goes on.
class Lister {
 public:
  Lister(S3Client& client, const std::string& bucket, const std::function<Status(S3Object)>& visit)
      : client_(client), bucket_(bucket), visit_(visit) {}

  Status run(Branch root) {
    waiting_.push_back(std::move(root));
    while (!waiting_.empty() || !flights_.empty()) {
      INGOT_TRY(client_.prepare());
      while (!waiting_.empty() && flights_.size() < kMostAtATime) take_off();
      Flight flight = std::move(flights_.front());
      flights_.pop_front();
      INGOT_ASSIGN(const HttpResponse answer, flight.answer.get());
      INGOT_ASSIGN(S3ListPage page, parse_s3_list_page(answer.body));
      INGOT_TRY(take(std::move(flight.branch), std::move(page)));
    }
    return {};
  }

 private:
  struct Flight {
    Branch branch;
    std::future<Result<HttpResponse>> answer;
  };

  void take_off() {
    Branch branch = std::move(waiting_.front());
    waiting_.pop_front();
    const bool by_folders = branch.folders || branch.stage == Branch::Stage::folders;
    auto answer = client_.submit({bucket_, branch.prefix, by_folders, branch.token});
    flights_.push_back({std::move(branch), std::move(answer)});
  }

  Status take(Branch branch, S3ListPage page) {
    using Stage = Branch::Stage;
    if (branch.stage == Stage::folders) return decide(std::move(branch), std::move(page));
    if (branch.stage == Stage::first && !branch.folders && !page.next.empty()) {
      branch.kept = std::move(page);
      branch.stage = Stage::folders;
      waiting_.push_back(std::move(branch));
      return {};
    }
    branch.stage = Stage::rest;
    return go_on(std::move(branch), std::move(page));
  }

  // `page` is the level's first, by folders.
  Status decide(Branch branch, S3ListPage page) {
    const size_t folders = page.prefixes.size();
    if (!page.next.empty() || folders < kFewestFolders || folders > kMostFolders) {
      branch.stage = Branch::Stage::rest;
      S3ListPage kept = std::move(branch.kept);
      return go_on(std::move(branch), std::move(kept));
    }
    for (std::string& prefix : page.prefixes) {
      Branch below;
      below.prefix = std::move(prefix);
      waiting_.push_back(std::move(below));
    }
    return pass(std::move(page));
  }

  Status go_on(Branch branch, S3ListPage page) {
    if (!page.next.empty()) {
      branch.token = page.next;
      waiting_.push_front(std::move(branch));  // whose pages follow one another: it takes longest
    }
    return pass(std::move(page));
  }

  Status pass(S3ListPage page) {
    for (S3Object& object : page.objects) {
      // Consoles make folders of nothing but a name.
      if (!object.key.ends_with('/') || object.size > 0) INGOT_TRY(visit_(std::move(object)));
    }
    return {};
  }

  S3Client& client_;
  const std::string& bucket_;
  const std::function<Status(S3Object)>& visit_;
  std::deque<Branch> waiting_;
  std::deque<Flight> flights_;
};

}  // namespace

Status for_each_s3_object(S3Client& client, const std::string& bucket, const std::string& prefix, bool deep,
                          const std::function<Status(S3Object)>& visit) {
  Branch root;
  root.prefix = prefix;
  root.folders = !deep;
  return Lister(client, bucket, visit).run(std::move(root));
}

}  // namespace ingot
