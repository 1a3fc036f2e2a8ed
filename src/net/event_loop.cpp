#include "net/event_loop.h"

#include <algorithm>

namespace ingot {

namespace {

constexpr int kPollMs = 100;  // at most until cancellation and time-outs are looked at
constexpr size_t kIdleHandles = 64;
constexpr long kCachedConnections = 512;

int share_of(int all, int threads) { return std::max(1, (all + threads - 1) / threads); }

}  // namespace

EventLoop::EventLoop(std::shared_ptr<NetShared> shared)
    : shared_(std::move(shared)),
      multi_(::curl_multi_init()),
      random_(std::random_device{}()),
      max_running_(share_of(shared_->options.max_in_flight, shared_->options.threads)),
      max_per_host_(share_of(shared_->options.max_per_host, shared_->options.threads)) {
  ::curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  ::curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kCachedConnections);
  thread_ = std::thread([this] { run(); });
}

EventLoop::~EventLoop() {
  stop();
  running_.clear();  // before multi_
}

void EventLoop::submit(std::shared_ptr<Transfer> transfer) {
  bool late = false;
  {
    const std::lock_guard lock(mutex_);
    late = stop_;
    if (!late) submitted_.push_back(transfer);
  }
  if (late) {
    transfer->finish(fail(transfer->error(Code::interrupted, "stopped by request")));
    return;
  }
  ::curl_multi_wakeup(multi_.get());
}

void EventLoop::nudge(std::shared_ptr<Transfer> transfer) {
  {
    const std::lock_guard lock(mutex_);
    nudged_.push_back(std::move(transfer));
  }
  ::curl_multi_wakeup(multi_.get());
}

void EventLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ::curl_multi_wakeup(multi_.get());
  if (thread_.joinable()) thread_.join();
}

bool EventLoop::stopping() const {
  return stop_ || (shared_->options.stop != nullptr && shared_->options.stop->load(std::memory_order_relaxed));
}

void EventLoop::run() {
  while (!stop_) {
    take_inbox();
    if (stopping()) interrupt_all();
    start_due();
    start_waiting();
    int active = 0;
    ::curl_multi_perform(multi_.get(), &active);
    collect();
    check_clocks();
    ::curl_multi_poll(multi_.get(), nullptr, 0, poll_timeout(), nullptr);
  }
  take_inbox();
  interrupt_all();
}

void EventLoop::take_inbox() {
  std::vector<std::shared_ptr<Transfer>> submitted, nudged;
  {
    const std::lock_guard lock(mutex_);
    submitted.swap(submitted_);
    nudged.swap(nudged_);
  }
  for (auto& transfer : submitted) queue(std::move(transfer));
  for (const auto& transfer : nudged) {
    if (transfer->paused() && !transfer->paused_until()) transfer->unpause();
  }
}

void EventLoop::queue(std::shared_ptr<Transfer> transfer) {
  ++waiting_;
  hosts_[transfer->origin()].waiting.push_back(std::move(transfer));
}

void EventLoop::start_due() {
  const auto now = Clock::now();
  while (!later_.empty() && later_.begin()->first <= now) {
    auto transfer = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    queue(std::move(transfer));
  }
}

// Hosts take turns, so that a slow one does not hold up the others.
void EventLoop::start_waiting() {
  bool started = true;
  while (started && waiting_ > 0) {
    started = false;
    for (auto& [origin, host] : hosts_) {
      if (running_.size() >= static_cast<size_t>(max_running_)) return;
      if (host.waiting.empty() || host.running >= max_per_host_) continue;
      if (shared_->requests && shared_->requests->due() > Clock::now()) return;
      const auto transfer = std::move(host.waiting.front());
      host.waiting.pop_front();
      --waiting_;
      started = true;
      start(transfer);
    }
  }
}

void EventLoop::start(const std::shared_ptr<Transfer>& transfer) {
  if (transfer->finished()) return;
  if (transfer->cancelled()) {
    transfer->finish(fail(transfer->error(Code::interrupted, "stopped by request")));
    return;
  }
  if (shared_->requests) shared_->requests->charge(1);
  if (auto status = transfer->begin(take_easy()); !status) {
    transfer->finish(fail(status.error()));
    return;
  }
  CURL* easy = transfer->easy();
  ++hosts_[transfer->origin()].running;
  host_of_[easy] = transfer->origin();
  running_[easy] = transfer;
  ::curl_multi_add_handle(multi_.get(), easy);
}

EasyHandle EventLoop::take_easy() {
  if (idle_.empty()) return EasyHandle(::curl_easy_init());
  EasyHandle easy = std::move(idle_.back());
  idle_.pop_back();
  return easy;
}

void EventLoop::collect() {
  int left = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) end_attempt(message->easy_handle, message->data.result);
  }
}

void EventLoop::end_attempt(CURL* easy, CURLcode code) {
  const auto found = running_.find(easy);
  if (found == running_.end()) return;
  const auto transfer = std::move(found->second);
  running_.erase(found);
  if (auto host = hosts_.find(host_of_[easy]); host != hosts_.end()) {
    --host->second.running;
    if (host->second.running == 0 && host->second.waiting.empty()) hosts_.erase(host);
  }
  host_of_.erase(easy);
  const auto again = transfer->end_attempt(code, random_);
  ::curl_multi_remove_handle(multi_.get(), easy);
  EasyHandle handle = transfer->take_easy();
  if (idle_.size() < kIdleHandles) idle_.push_back(std::move(handle));
  if (again && !transfer->finished()) later_.emplace(*again, transfer);
}

void EventLoop::check_clocks() {
  const auto now = Clock::now();
  std::vector<std::pair<CURL*, CURLcode>> over;
  for (const auto& [easy, transfer] : running_) {
    if (transfer->cancelled()) {
      transfer->finish(fail(transfer->error(Code::interrupted, "stopped by request")));
      over.emplace_back(easy, CURLE_ABORTED_BY_CALLBACK);
    } else if (const auto code = transfer->overdue(now)) {
      over.emplace_back(easy, *code);
    } else if (transfer->paused_until() && *transfer->paused_until() <= now) {
      transfer->unpause();
    }
  }
  for (const auto& [easy, code] : over) end_attempt(easy, code);
  for (auto it = later_.begin(); it != later_.end();) {
    const bool gone = it->second->cancelled();
    if (gone) it->second->finish(fail(it->second->error(Code::interrupted, "stopped by request")));
    it = gone ? later_.erase(it) : std::next(it);
  }
}

void EventLoop::interrupt_all() {
  const auto interrupt = [](const std::shared_ptr<Transfer>& transfer) {
    transfer->finish(fail(transfer->error(Code::interrupted, "stopped by request")));
  };
  for (const auto& [due, transfer] : later_) interrupt(transfer);
  later_.clear();
  for (auto& [origin, host] : hosts_) {
    for (const auto& transfer : host.waiting) interrupt(transfer);
    host.waiting.clear();
  }
  waiting_ = 0;
  std::vector<CURL*> all;
  for (const auto& [easy, transfer] : running_) {
    interrupt(transfer);
    all.push_back(easy);
  }
  for (CURL* easy : all) end_attempt(easy, CURLE_ABORTED_BY_CALLBACK);
}

int EventLoop::poll_timeout() const {
  using std::chrono::milliseconds;
  auto until = Clock::now() + milliseconds(kPollMs);
  if (running_.empty() && later_.empty() && waiting_ == 0) until += milliseconds(10 * kPollMs);
  if (!later_.empty()) until = std::min(until, later_.begin()->first);
  const bool held_back = waiting_ > 0 && shared_->requests && running_.size() < static_cast<size_t>(max_running_);
  if (held_back) until = std::min(until, shared_->requests->due());
  for (const auto& [easy, transfer] : running_) {
    if (transfer->paused_until()) until = std::min(until, *transfer->paused_until());
  }
  const auto wait = std::chrono::ceil<milliseconds>(until - Clock::now());
  return static_cast<int>(std::max<int64_t>(wait.count(), 0));
}

}  // namespace ingot
