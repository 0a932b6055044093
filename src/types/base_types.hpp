// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "types/type.hpp"

namespace alicia::types {

/// The words of C's integer and floating types, in whatever order they come (`long unsigned`, `int long unsigned`).
class BaseWords {
 public:
  /// True if `word` is such a word, and was taken in.
  bool take(std::string_view word);
  bool empty() const { return words_ == 0; }
  /// The one spelling that gcc's debug information has (`long unsigned int`), `void`, or nothing for words that do not
  /// go together.
  std::optional<std::string_view> canonical() const;

 private:
  unsigned words_ = 0;  // how often each word came, two bits each
};

/// The spelling people and debuggers use: `unsigned long` for the canonical `long unsigned int`. Other names stay.
std::string_view short_spelling(std::string_view canonical);

/// The type of a canonical spelling on LP64 or, with pointers of four bytes, ILP32.
std::optional<Type> base_type(std::string_view canonical, unsigned pointer_bytes);

/// What the kernel's own short names (`u8`, `__u32`, `uint64_t`, `bool`, `size_t`) stand for, as a canonical spelling.
std::optional<std::string_view> usual_typedef(std::string_view name);

}  // namespace alicia::types
