// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.hpp"
#include "target/target.hpp"

namespace alicia::trace {

/// The names that the kernel noted of tasks while it traced them (`saved_cmdlines`). It notes few, 128 unless told
/// otherwise, and forgets the oldest.
class CommandNames {
 public:
  /// What cannot be read leaves tasks without names.
  static CommandNames read(target::Target& target);

  /// As the kernel prints it: `<idle>`, `<...>` where the name was forgotten.
  std::string_view find(std::int32_t pid) const;
  /// Why there are no names; empty where there are.
  const std::string& problem() const { return problem_; }
  const std::unordered_map<std::int32_t, std::string>& all() const { return names_; }

 private:
  std::unordered_map<std::int32_t, std::string> names_;
  std::string problem_;
};

}  // namespace alicia::trace
