// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"

namespace alicia::target {

class Target;

/// One kind of pages that every dump has to have.
struct HealthItem {
  std::string what;  ///< `slab pages`
  std::uint64_t examined = 0;
  std::uint64_t missing = 0;
  std::optional<Error> first;  ///< why the first that is missing is, with its address
};

/// How whole a dump is.
struct Health {
  std::vector<HealthItem> items;
  std::vector<std::string> warnings;  ///< one line for each item that is not whole, with the likely cause
  std::string cut_off;                ///< one line on what a file that isn't whole lacks; empty if it is
};

enum class HealthScope : std::uint8_t {
  sample,  ///< some hundreds of pages, in a few milliseconds
  all,     ///< every page
};

/// Looks whether the pages are there that no dump level leaves out: the tables that a dump is opened by, page tables,
/// per-CPU data, slab pages. Interrupted by `cancellation` it tells of what it saw until then.
Health examine(const Target& target, HealthScope scope, const Cancellation& cancellation);

}  // namespace alicia::target
