#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace ingot {

/// Reads XML in pieces (expat). Names come without their prefix: what makes spreadsheets differs in those. A document
/// type is refused, and with it all entities but XML's own. One thread at a time.
class XmlReader {
 public:
  /// An element's attributes, name and value by turns; the last is null.
  class Attributes {
   public:
    explicit Attributes(const char** list) : list_(list) {}
    /// Returns a value; empty where there is none.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;

   private:
    const char** list_;
  };
  struct Handlers {
    std::function<void(std::string_view name, const Attributes&)> begin;
    std::function<void(std::string_view name)> end;
    std::function<void(std::string_view text)> text;  ///< may come in pieces
  };

  explicit XmlReader(Handlers handlers);
  ~XmlReader();

  /// Reads on. Error source_unreadable: it is no XML.
  Status read(std::string_view piece, bool last);

  /// Ends reading with an error, for who finds one in a handler.
  void stop(std::string why);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingot
