#include "xml/xml_reader.h"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace ingot {

namespace {

constexpr size_t kMostXmlPiece = 1 << 20;
constexpr size_t kMostTagBytes = 1 << 20;  // expat holds a tag, or a comment, whole, and reads it anew with each piece
constexpr int kMostDepth = 256;            // and each element that is open

std::string_view without_prefix(const char* name) {
  const std::string_view whole(name);
  const size_t colon = whole.find(':');
  return colon == whole.npos ? whole : whole.substr(colon + 1);
}

}  // namespace

struct XmlReader::State {
  Handlers handlers;
  XML_Parser parser = XML_ParserCreate(nullptr);
  std::string error;
  size_t since_event = 0;
  int depth = 0;

  static State& of(void* data) { return *static_cast<State*>(data); }
  static void XMLCALL begin(void* data, const char* name, const char** attributes) {
    State& state = of(data);
    state.since_event = 0;
    if (++state.depth > kMostDepth) state.fail_with("elements lie too deep in one another");
    if (state.error.empty()) state.handlers.begin(without_prefix(name), Attributes(attributes));
  }
  static void XMLCALL end(void* data, const char* name) {
    State& state = of(data);
    state.since_event = 0;
    --state.depth;
    if (state.error.empty()) state.handlers.end(without_prefix(name));
  }
  static void XMLCALL text(void* data, const char* text, int size) {
    State& state = of(data);
    state.since_event = 0;
    if (state.error.empty()) state.handlers.text({text, static_cast<size_t>(size)});
  }
  static void XMLCALL document_type(void* data, const char*, const char*, const char*, int) {
    of(data).fail_with("a document type, which is not read");
  }
  void fail_with(std::string why) {
    if (!error.empty()) return;
    error = std::move(why);
    XML_StopParser(parser, XML_FALSE);
  }
};

std::string_view XmlReader::Attributes::get(std::string_view name) const {
  for (const char** at = list_; *at != nullptr; at += 2) {
    if (without_prefix(at[0]) == name) return at[1];
  }
  return {};
}

bool XmlReader::Attributes::has(std::string_view name) const {
  for (const char** at = list_; *at != nullptr; at += 2) {
    if (without_prefix(at[0]) == name) return true;
  }
  return false;
}

XmlReader::XmlReader(Handlers handlers) : state_(std::make_unique<State>()) {
  if (state_->parser == nullptr) throw std::bad_alloc();
  state_->handlers = std::move(handlers);
  XML_SetUserData(state_->parser, state_.get());
  XML_SetElementHandler(state_->parser, State::begin, State::end);
  XML_SetCharacterDataHandler(state_->parser, State::text);
  XML_SetStartDoctypeDeclHandler(state_->parser, State::document_type);
}

XmlReader::~XmlReader() { XML_ParserFree(state_->parser); }

void XmlReader::stop(std::string why) { state_->fail_with(std::move(why)); }

Status XmlReader::read(std::string_view piece, bool last) {
  do {
    const std::string_view part = piece.substr(0, kMostXmlPiece);
    piece.remove_prefix(part.size());
    const bool end = last && piece.empty();
    state_->since_event += part.size();
    const auto status = XML_Parse(state_->parser, part.data(), static_cast<int>(part.size()), end ? 1 : 0);
    if (status == XML_STATUS_OK && state_->since_event > kMostTagBytes)
      return fail(Code::source_unreadable, "an XML tag or comment is longer than 1 MiB");
    if (status == XML_STATUS_OK) continue;
    std::string what = state_->error;
    if (what.empty()) what = XML_ErrorString(XML_GetErrorCode(state_->parser));
    return fail(Code::source_unreadable, fmt::format("damaged XML, {}, in line {}", what,
                                                     static_cast<uint64_t>(XML_GetCurrentLineNumber(state_->parser))));
  } while (!piece.empty());
  return {};
}

}  // namespace ingot
