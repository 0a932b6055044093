// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "target/target.hpp"
#include "trace/event_format.hpp"

namespace alicia::trace {

/// An address whose name is wanted with its offset, as it reaches the function that resolves names: libtraceevent tells
/// that function nothing else.
constexpr std::uint64_t kMark = std::uint64_t{1} << 62U;
constexpr bool is_marked(std::uint64_t address) {
  const std::uint64_t top = address >> 61U;
  return top != 0 && top != 7;
}
constexpr std::uint64_t unmarked(std::uint64_t address) {
  return address - kMark;
}

/// What names in print formats stand for: constants that user space is not told of, the kernel's variables.
class KernelWords {
 public:
  explicit KernelWords(target::Target& target);

  /// The value of a constant, or of a variable in the dump; nothing where it is neither.
  std::optional<std::int64_t> value(std::string_view word, const EventFormat& event);
  std::uint64_t page_struct_bytes() const { return page_struct_bytes_; }

 private:
  void learn(std::string_view enumeration);

  target::Target& target_;
  std::uint64_t page_struct_bytes_ = 64;
  std::unordered_set<std::string> enumerations_;
  std::unordered_map<std::string, std::int64_t> constants_;
};

/// The event's print format with what libtraceevent words otherwise than the kernel put so that it comes out the same:
/// `%p` and `%pS`, constants by name, the arithmetic of `struct page` pointers. Nothing where the format is nothing to
/// give to a parser: nested deeper than any real one, or no string first.
std::optional<std::string> rewrite_print_format(const EventFormat& event, KernelWords& words);

}  // namespace alicia::trace
