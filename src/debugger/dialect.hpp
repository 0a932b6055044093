// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace alicia::debugger {

/// What is typed after a command so that its answer's end can be told, and what the debugger then prints.
struct Marker {
  std::string line;   ///< without the newline
  std::string reply;  ///< with the newline; never to be found in the line, which may be echoed
};

/// How one debugger is spoken to: all that a Connection does not know.
class Dialect {
 public:
  virtual ~Dialect() = default;
  /// `crash`, `lcrash`.
  virtual std::string_view name() const = 0;
  /// A marker no other number gives. `secret` is this session's own: text in a dump cannot forge it. `shape` is what
  /// `shape_of` gave; while it is empty, a dialect that has to learn one gives a part of the reply that is its alone.
  virtual Marker marker(std::uint64_t secret, std::uint64_t number, std::string_view shape) const = 0;
  /// Whether what surrounds that part has to be learnt from the debugger.
  virtual bool learns_shape() const { return false; }
  /// Learns it: `between` is what came between the parts of this marker's reply and of the one before, `start` what
  /// came before that of the first marker ever. Nothing where it cannot be made out.
  virtual std::optional<std::string> shape_of(std::string_view /*start*/, std::string_view /*between*/,
                                              std::uint64_t /*secret*/, std::uint64_t /*number*/) const {
    return std::nullopt;
  }
  /// What a shape has behind that part, of one marker.
  virtual std::string tail_of(std::string_view /*shape*/, std::uint64_t /*secret*/, std::uint64_t /*number*/) const {
    return {};
  }
  /// The longest line it takes.
  virtual std::size_t line_limit() const = 0;
  /// What makes it leave.
  virtual std::string_view farewell() const = 0;
  /// True where the command is meant to end the debugger.
  virtual bool is_farewell(std::string_view line) const = 0;
  /// What to add to the arguments of a start that is to say why it fails; empty: it says what it can.
  virtual std::vector<std::string> talkative() const { return {}; }
  /// The line that says why it would not start, of all it printed. Nothing where none does.
  virtual std::optional<std::string> reason(std::string_view printed) const = 0;
};

}  // namespace alicia::debugger
