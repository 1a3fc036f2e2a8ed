#include "net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "net/server_for_test.h"

namespace ingot {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

std::unique_ptr<HttpClient> make_client(HttpClientOptions options = {}) {
  auto client = HttpClient::make(std::move(options));
  EXPECT_TRUE(client.has_value());
  return std::move(*client);
}

HttpRequest quick(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.limits.backoff = milliseconds(1);
  request.limits.max_backoff = milliseconds(5);
  request.limits.max_attempts = 4;
  return request;
}

std::string numbered(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

Result<std::string> read_all(HttpClient& client, HttpRequest request) {
  INGOT_ASSIGN(const auto stream, client.open(std::move(request)));
  std::string text, piece(64 << 10, '\0');
  while (true) {
    INGOT_ASSIGN(const size_t count, stream->read(piece.data(), piece.size()));
    if (count == 0) return text;
    text.append(piece, 0, count);
  }
}

// The first byte that a request's Range asks for.
size_t first_of(const SeenRequest& request) {
  const std::string range = request.header("Range");
  return range.empty() ? 0 : std::stoul(range.substr(range.find('=') + 1));
}

void answer_range(const SeenRequest& request, const Wire& wire, const std::string& body, const std::string& headers) {
  const std::string range = request.header("Range");
  const size_t first = first_of(request);
  const std::string end = range.substr(range.find('-') + 1);
  const size_t last = end.empty() ? body.size() - 1 : std::min<size_t>(std::stoul(end), body.size() - 1);
  wire.answer(206,
              headers + "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                  std::to_string(body.size()) + "\r\n",
              body.substr(first, last - first + 1));
}

TEST(HttpClient, FetchesAndReusesConnections) {
  ServerForTest server(
      [](const SeenRequest& request, Wire& wire) { wire.answer(200, "", "body of " + request.target); });
  HttpClientOptions one_loop;
  one_loop.threads = 1;
  const auto client = make_client(one_loop);
  for (int i = 0; i < 5; ++i) {
    const auto answer = client->fetch(quick(server.url("/" + std::to_string(i))));
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->body, "body of /" + std::to_string(i));
    EXPECT_EQ(answer->status, 200);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, KeepsManyInFlight) {
  ServerForTest server([](const SeenRequest&, Wire& wire) {
    Wire::pause(50);
    wire.answer(200, "", "x");
  });
  const auto client = make_client();
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 400; ++i) answers.push_back(client->submit(quick(server.url("/" + std::to_string(i)))));
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_LT(seconds, 400 * 0.05 / 10);
  EXPECT_GT(server.most_at_a_time(), 40);
}

TEST(HttpClient, KeepsToTheMostPerHost) {
  ServerForTest server([](const SeenRequest&, Wire& wire) {
    Wire::pause(5);
    wire.answer(200, "", "x");
  });
  HttpClientOptions options;
  options.threads = 1;
  options.max_per_host = 3;
  const auto client = make_client(options);
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 30; ++i) answers.push_back(client->submit(quick(server.url("/"))));
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_LE(server.most_at_a_time(), 3);
}

TEST(HttpClient, KeepsToRequestsPerSecond) {
  ServerForTest server([](const SeenRequest&, Wire& wire) { wire.answer(200, "", "x"); });
  HttpClientOptions options;
  options.max_requests_per_second = 50;
  const auto client = make_client(options);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::future<Result<HttpResponse>>> answers;
  for (int i = 0; i < 30; ++i) answers.push_back(client->submit(quick(server.url("/"))));
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_GT(std::chrono::steady_clock::now() - start, milliseconds(400));
}

TEST(HttpClient, KeepsToBytesPerSecond) {
  const std::string body = numbered(1 << 20);
  ServerForTest server([&](const SeenRequest&, Wire& wire) { wire.answer(200, "", body); });
  HttpClientOptions options;
  options.max_bytes_per_second = 2 << 20;
  const auto client = make_client(options);
  const auto start = std::chrono::steady_clock::now();
  const auto answer = client->fetch(quick(server.url("/")));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, body);
  EXPECT_GT(std::chrono::steady_clock::now() - start, milliseconds(300));
}

TEST(HttpClient, RepeatsWhatMayPass) {
  ServerForTest server([](const SeenRequest& request, Wire& wire) {
    if (request.number == 1) return wire.answer(503, "", "busy");
    if (request.number == 2) return wire.reset();
    if (request.number == 3) return wire.answer(500, "", "oops");
    wire.answer(200, "", "at last");
  });
  const auto answer = make_client()->fetch(quick(server.url("/")));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "at last");
  EXPECT_GE(answer->attempts, 3);  // a connection that was reused and turns out to be closed is no failure to libcurl
  EXPECT_EQ(server.seen().size(), 4U);
}

TEST(HttpClient, GivesUpAndSaysWhat) {
  ServerForTest server([](const SeenRequest&, Wire& wire) { wire.answer(503, "", "busy"); });
  const auto answer = make_client()->fetch(quick(server.url("/a.csv?token=s3cr3t&page=2")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::source_unreadable);
  EXPECT_EQ(answer.error().message, "HTTP 503, after 4 attempts: GET " + server.url("/a.csv?token=***&page=2"));
  EXPECT_THAT(answer.error().hint, HasSubstr("run again later"));
  EXPECT_EQ(server.seen().size(), 4U);
}

TEST(HttpClient, DoesNotRepeatWhatWillNotPass) {
  ServerForTest server(
      [](const SeenRequest& request, Wire& wire) { wire.answer(std::stoi(request.target.substr(1)), "", ""); });
  const auto client = make_client();
  EXPECT_EQ(client->fetch(quick(server.url("/404"))).error().code, Code::not_found);
  EXPECT_EQ(client->fetch(quick(server.url("/410"))).error().code, Code::not_found);
  EXPECT_EQ(client->fetch(quick(server.url("/403"))).error().code, Code::source_unreadable);
  EXPECT_EQ(client->fetch(quick(server.url("/412"))).error().code, Code::source_changed);
  EXPECT_EQ(server.seen().size(), 4U);
}

TEST(HttpClient, WaitsAsLongAsItIsAsked) {
  ServerForTest server([](const SeenRequest& request, Wire& wire) {
    if (request.target == "/long") return wire.answer(503, "Retry-After: 3600\r\n", "");
    if (request.number == 1) return wire.answer(429, "Retry-After: 1\r\n", "");
    wire.answer(200, "", "x");
  });
  const auto client = make_client();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(client->fetch(quick(server.url("/"))));
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(1000));
  const auto answer = client->fetch(quick(server.url("/long")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().hint, "the server asks to wait for 3600 s: run again later");
}

TEST(HttpClient, DoesNotRepeatAPostThatMayHaveBeenCarriedOut) {
  ServerForTest server([](const SeenRequest&, Wire& wire) { wire.reset(); });
  HttpRequest post = quick(server.url("/"));
  post.method = "POST";
  post.body = HttpBody::of("x");
  const auto answer = make_client()->fetch(post);
  ASSERT_FALSE(answer);
  EXPECT_EQ(server.seen().size(), 1U);
  EXPECT_THAT(answer.error().hint, HasSubstr("not known"));
}

TEST(HttpClient, SendsBodiesAnewWithEachAttempt) {
  ServerForTest server(
      [](const SeenRequest& request, Wire& wire) { wire.answer(request.number < 3 ? 500 : 200, "", ""); });
  HttpRequest put = quick(server.url("/"));
  put.method = "PUT";
  put.body.pieces = {std::make_shared<const std::string>(numbered(300'000)),
                     std::make_shared<const std::string>("end")};
  ASSERT_TRUE(make_client()->fetch(put));
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 3U);
  for (const SeenRequest& request : seen) EXPECT_EQ(request.body, numbered(300'000) + "end");
}

TEST(HttpClient, SignsEachAttempt) {
  ServerForTest server(
      [](const SeenRequest& request, Wire& wire) { wire.answer(request.number < 3 ? 500 : 200, "", ""); });
  HttpRequest request = quick(server.url("/"));
  request.range = HttpRange{5, 10};
  request.sign = [](HttpAttempt& attempt) -> Status {
    attempt.headers.set("X-Signature",
                        std::to_string(attempt.number) + " of " + std::string(attempt.headers.get("Range")));
    return {};
  };
  (void)make_client()->fetch(request);
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(seen[i].header("X-Signature"), std::to_string(i + 1) + " of bytes=5-14");
}

TEST(HttpClient, AsksTheJudge) {
  ServerForTest server([](const SeenRequest& request, Wire& wire) {
    wire.answer(200, "", request.number == 1 ? "<Error>SlowDown</Error>" : "<Done/>");
  });
  HttpRequest request = quick(server.url("/"));
  request.judge = [](const HttpResponse& answer) {
    return answer.body.find("<Error>") == std::string::npos ? HttpVerdict::by_status : HttpVerdict::retry;
  };
  const auto answer = make_client()->fetch(request);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "<Done/>");
}

TEST(HttpClient, LetsOthersExplain) {
  ServerForTest server(
      [](const SeenRequest&, Wire& wire) { wire.answer(403, "X-Id: 7\r\n", "<Code>AccessDenied</Code>"); });
  HttpRequest request = quick(server.url("/"));
  request.explain = [](const HttpResponse& answer, Error error) {
    error.message = answer.body + " " + std::string(answer.headers.get("x-id"));
    return error;
  };
  const auto client = make_client();
  EXPECT_EQ(client->fetch(request).error().message, "<Code>AccessDenied</Code> 7");
  EXPECT_EQ(read_all(*client, request).error().message, "<Code>AccessDenied</Code> 7");
}

TEST(HttpClient, NeverTakesACutOffBody) {
  ServerForTest server([](const SeenRequest& request, Wire& wire) {
    if (request.target == "/unmeasured") {
      wire.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwho knows");
    } else if (request.target == "/chunked") {
      wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    } else if (request.target == "/range") {
      wire.answer(206, "Content-Range: bytes 0-9/100\r\n", "hello");
    } else {
      wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    }
    wire.close();
  });
  const auto client = make_client();
  for (const char* target : {"/", "/chunked", "/unmeasured"}) {
    EXPECT_FALSE(client->fetch(quick(server.url(target)))) << target;
    EXPECT_FALSE(read_all(*client, quick(server.url(target)))) << target;
  }
  HttpRequest range = quick(server.url("/range"));
  range.range = HttpRange{0, 10};
  EXPECT_FALSE(client->fetch(range));
  EXPECT_THAT(client->fetch(quick(server.url("/"))).error().message, HasSubstr("cut off after 5 of 100 bytes"));
  HttpRequest sized = quick(server.url("/unmeasured"));
  sized.expect.size = 10;
  EXPECT_FALSE(client->fetch(sized));
  sized.expect.size = 9;
  EXPECT_TRUE(client->fetch(sized));
}

TEST(HttpClient, TakesChunksAndAnswersWithoutBody) {
  ServerForTest server([](const SeenRequest& request, Wire& wire) {
    if (request.target == "/empty") return wire.answer(200, "", "");
    if (request.method == "HEAD") return wire.send("HTTP/1.1 200 OK\r\nContent-Length: 77\r\nETag: \"e\"\r\n\r\n");
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  });
  const auto client = make_client();
  EXPECT_EQ(client->fetch(quick(server.url("/")))->body, "hello");
  EXPECT_EQ(*read_all(*client, quick(server.url("/"))), "hello");
  EXPECT_EQ(*read_all(*client, quick(server.url("/empty"))), "");
  HttpRequest head = quick(server.url("/"));
  head.method = "HEAD";
  EXPECT_EQ(client->fetch(head)->headers.get("content-length"), "77");
}

TEST(HttpClient, DecodesNothing) {
  const std::string packed = "\x1f\x8b not really";
  ServerForTest server([&](const SeenRequest&, Wire& wire) { wire.answer(200, "Content-Encoding: gzip\r\n", packed); });
  const auto answer = make_client()->fetch(quick(server.url("/")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, packed);
  EXPECT_EQ(server.seen().front().header("Accept-Encoding"), "identity");
}

TEST(HttpClient, RefusesMoreThanItMayHold) {
  ServerForTest server([](const SeenRequest&, Wire& wire) { wire.answer(200, "", numbered(5000)); });
  HttpRequest request = quick(server.url("/"));
  request.limits.max_body_bytes = 4000;
  const auto answer = make_client()->fetch(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::resource);
}

TEST(HttpClient, EndsWhatStalls) {
  ServerForTest server([](const SeenRequest& request, Wire& wire) {
    if (request.target == "/late") Wire::pause(400);
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    Wire::pause(400);
    wire.close();
  });
  const auto client = make_client();
  HttpRequest request = quick(server.url("/late"));
  request.limits.max_attempts = 1;
  request.limits.first_byte_timeout = milliseconds(100);
  EXPECT_THAT(client->fetch(request).error().message, HasSubstr("no answer for 0.1 s"));
  request.url = server.url("/stall");
  request.limits.stall_timeout = milliseconds(100);
  EXPECT_THAT(client->fetch(request).error().message, HasSubstr("no more bytes for 0.1 s"));
}

TEST(HttpClient, EndsWhenCancelled) {
  ServerForTest server([](const SeenRequest&, Wire&) { Wire::pause(2000); });
  HttpRequest request = quick(server.url("/"));
  request.cancelled = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> stop{false};
  HttpClientOptions options;
  options.stop = &stop;
  auto client = make_client(options);
  auto first = client->submit(request);
  *request.cancelled = true;
  EXPECT_EQ(first.get().error().code, Code::interrupted);
  request.cancelled.reset();
  auto second = client->submit(request);
  stop = true;
  EXPECT_EQ(second.get().error().code, Code::interrupted);
  stop = false;
  auto third = client->submit(request);
  client.reset();
  EXPECT_EQ(third.get().error().code, Code::interrupted);
}

TEST(HttpClient, KeepsCredentialsAtHome) {
  ServerForTest other([](const SeenRequest&, Wire& wire) { wire.answer(200, "", "there"); });
  ServerForTest server([&](const SeenRequest& request, Wire& wire) {
    if (request.target == "/away") return wire.answer(302, "Location: " + other.url("/x") + "\r\n", "");
    if (request.target == "/near") return wire.answer(307, "Location: /here\r\n", "");
    wire.answer(200, "", "here");
  });
  HttpRequest request = quick(server.url("/away"));
  request.secret_headers.emplace_back("Authorization", Secret("Bearer t0ps3cret"));
  request.headers.add("Cookie", "c0okie");
  int signatures = 0;
  request.sign = [&](HttpAttempt& attempt) -> Status {
    ++signatures;
    attempt.headers.add("X-Signature", "s1gned");
    return {};
  };
  const auto client = make_client();
  auto answer = client->fetch(request);
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->body, "there");
  const std::string away = other.seen().front().text;
  for (const char* secret : {"t0ps3cret", "c0okie", "s1gned"}) EXPECT_THAT(away, Not(HasSubstr(secret)));
  EXPECT_EQ(signatures, 1);
  request.url = server.url("/near");
  EXPECT_EQ(client->fetch(request)->body, "here");
  EXPECT_THAT(server.seen().back().text, HasSubstr("t0ps3cret"));
}

TEST(HttpClient, FollowsNoEndlessRedirects) {
  ServerForTest server([](const SeenRequest&, Wire& wire) { wire.answer(302, "Location: /again\r\n", ""); });
  EXPECT_THAT(make_client()->fetch(quick(server.url("/"))).error().message, HasSubstr("more than 10 redirects"));
}

TEST(HttpClient, RefusesCredentialsInUrls) {
  const auto answer = make_client()->fetch(quick("http://me:s3cret@127.0.0.1:1/"));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().to_string(), Not(HasSubstr("s3cret")));
  EXPECT_EQ(make_client()->fetch(quick("ftp://127.0.0.1/")).error().code, Code::usage);
}

TEST(HttpClient, SaysThatNobodyListens) {
  HttpRequest request = quick("http://127.0.0.1:1/");
  request.limits.max_attempts = 2;
  const auto answer = make_client()->fetch(request);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("after 2 attempts: GET http://127.0.0.1:1/"));
}

TEST(HttpClient, GoesThroughTheProxyOfTheEnvironment) {
  ServerForTest proxy(
      [](const SeenRequest& request, Wire& wire) { wire.answer(200, "", "by proxy: " + request.target); });
  ServerForTest server([](const SeenRequest&, Wire& wire) { wire.answer(200, "", "straight"); });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  ::setenv("no_proxy", "127.0.0.1", 1);
  const auto client = make_client();
  EXPECT_EQ(client->fetch(quick("http://files.invalid/a"))->body, "by proxy: http://files.invalid/a");
  EXPECT_EQ(client->fetch(quick(server.url("/")))->body, "straight");
  ::unsetenv("http_proxy");
  ::unsetenv("no_proxy");
}

TEST(HttpStream, MakesTheSenderWait) {
  const std::string body = numbered(64 << 20);
  std::atomic<bool> sent{false};
  ServerForTest server([&](const SeenRequest&, Wire& wire) {
    wire.answer(200, "", body);
    sent = true;
  });
  const auto client = make_client();
  const auto stream = client->open(quick(server.url("/")));
  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->size(), body.size());
  Wire::pause(300);
  EXPECT_FALSE(sent);  // most of it waits for the reader
  std::string text, piece(1 << 20, '\0');
  while (true) {
    const auto count = (*stream)->read(piece.data(), piece.size());
    ASSERT_TRUE(count) << count.error().to_string();
    if (*count == 0) break;
    text.append(piece, 0, *count);
  }
  EXPECT_TRUE(text == body);
}

TEST(HttpStream, GoesOnWhereItBroke) {
  const std::string body = numbered(3 << 20);
  ServerForTest server([&](const SeenRequest& request, Wire& wire) {
    if (!request.header("Range").empty()) {
      EXPECT_EQ(request.header("If-Match"), "\"v1\"");
      if (request.number < 4) {
        const size_t first = first_of(request);
        wire.send("HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Length: " + std::to_string(body.size() - first) +
                  "\r\nContent-Range: bytes " + std::to_string(first) + "-" + std::to_string(body.size() - 1) + "/" +
                  std::to_string(body.size()) + "\r\n\r\n" + body.substr(first, 300'000));
        return wire.reset();
      }
      return answer_range(request, wire, body, "ETag: \"v1\"\r\n");
    }
    wire.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body.substr(0, 1'000'000));
    wire.close();
  });
  const auto text = read_all(*make_client(), quick(server.url("/")));
  ASSERT_TRUE(text) << text.error().to_string();
  EXPECT_TRUE(*text == body);
  EXPECT_GE(server.seen().size(), 4U);
}

TEST(HttpStream, ReadsAgainFromServersWithoutRanges) {
  const std::string body = numbered(2 << 20);
  std::string second = body;
  ServerForTest server([&](const SeenRequest& request, Wire& wire) {
    if (request.number > 1) return wire.answer(200, "", second);
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body.substr(0, 1'500'000));
    wire.close();
  });
  const auto client = make_client();
  const auto text = read_all(*client, quick(server.url("/same")));
  ASSERT_TRUE(text) << text.error().to_string();
  EXPECT_TRUE(*text == body);
  second[100] = '!';  // its beginning is another now, and nothing else tells
  const auto changed = read_all(*client, quick(server.url("/changed")));
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Code::source_changed);
}

TEST(HttpStream, TakesNoOtherAnswerForTheObject) {
  ServerForTest server([&](const SeenRequest& request, Wire& wire) {
    if (request.target == "/later") return wire.answer(202, "", "being made");
    if (request.number > 1) return wire.answer(200, "", numbered(300'000));  // another, shorter one
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7a120\r\n" + numbered(500'000));
    wire.close();  // a reset might overtake what was sent
  });
  const auto client = make_client();
  const auto later = read_all(*client, quick(server.url("/later")));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Code::source_unreadable);
  const auto shorter = read_all(*client, quick(server.url("/shorter")));
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().code, Code::source_changed);
}

TEST(HttpStream, AsksForNoRestOfWhatNothingIdentifies) {
  const std::string body = numbered(1 << 20);
  std::string other = body;
  std::fill(other.begin(), other.end(), '!');
  ServerForTest server([&](const SeenRequest& request, Wire& wire) {
    if (request.number > 1 && request.header("Range").empty()) return wire.answer(200, "", other);
    if (request.number > 1) return answer_range(request, wire, other, "Accept-Ranges: bytes\r\n");
    wire.send("HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body.substr(0, 500'000));
    wire.close();  // a reset might overtake what was sent
  });
  const auto text = read_all(*make_client(), quick(server.url("/")));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::source_changed);
}

TEST(HttpStream, NoticesAnotherObjectInMidRead) {
  const std::string body = numbered(1 << 20);
  for (const std::string header : {"ETag: ", "Last-Modified: "}) {
    ServerForTest server([&](const SeenRequest& request, Wire& wire) {
      if (request.number > 1) return answer_range(request, wire, body, header + "\"v2\"\r\n");
      wire.send("HTTP/1.1 200 OK\r\n" + header + "\"v1\"\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body.substr(0, 500'000));
      wire.close();  // a reset might overtake what was sent
    });
    const auto text = read_all(*make_client(), quick(server.url("/")));
    ASSERT_FALSE(text) << header;
    EXPECT_EQ(text.error().code, Code::source_changed) << header;
  }
}

TEST(HttpStream, TakesNoOtherObjectThanTheOneThatIsMeant) {
  ServerForTest server([](const SeenRequest&, Wire& wire) { wire.answer(200, "ETag: \"v2\"\r\n", "hello"); });
  const auto client = make_client();
  HttpRequest request = quick(server.url("/"));
  request.expect.etag = "\"v1\"";
  EXPECT_EQ(client->fetch(request).error().code, Code::source_changed);
  EXPECT_EQ(client->open(request).error().code, Code::source_changed);
  request.expect.etag = "\"v2\"";
  EXPECT_TRUE(client->fetch(request));
  request.expect.size = 6;
  EXPECT_EQ(client->fetch(request).error().code, Code::source_changed);
}

TEST(HttpStream, RefusesWrongRanges) {
  const std::string body = numbered(1000);
  ServerForTest server([&](const SeenRequest&, Wire& wire) {
    wire.answer(206, "Content-Range: bytes 0-99/1000\r\n", body.substr(0, 100));
  });
  HttpRequest request = quick(server.url("/"));
  request.range = HttpRange{100, 100};
  const auto client = make_client();
  EXPECT_FALSE(client->fetch(request));
  EXPECT_FALSE(read_all(*client, request));
}

TEST(HttpStream, ReadsRangesFromServersWithoutThem) {
  const std::string body = numbered(1 << 20);
  ServerForTest server([&](const SeenRequest&, Wire& wire) { wire.answer(200, "", body); });
  HttpRequest request = quick(server.url("/"));
  request.range = HttpRange{1000, 5000};
  const auto client = make_client();
  EXPECT_EQ(client->fetch(request)->body, body.substr(1000, 5000));
  EXPECT_EQ(*read_all(*client, request), body.substr(1000, 5000));
  request.range = HttpRange{1000, std::nullopt};
  EXPECT_TRUE(*read_all(*client, request) == body.substr(1000));
}

TEST(HttpStream, MayBeLeftUnread) {
  const std::string body = numbered(8 << 20);
  ServerForTest server([&](const SeenRequest&, Wire& wire) { wire.answer(200, "", body); });
  const auto client = make_client();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(client->open(quick(server.url("/"))));
  EXPECT_TRUE(client->fetch(quick(server.url("/"))));
}

}  // namespace
}  // namespace ingot
