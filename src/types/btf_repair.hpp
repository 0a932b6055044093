// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.hpp"

namespace alicia::types {

/// Bytes of a BTF blob that could not be read.
struct BtfHole {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< exclusive
};

/// What could be saved of BTF with holes. Each record that is lost, wholly or in part, is a nameless forward
/// declaration now, so that the others keep their numbers; each name that is lost is `lost_name`.
struct RepairedBtf {
  std::vector<std::byte> bytes;
  std::uint32_t types = 0;       ///< records, the lost ones included
  std::uint32_t lost_types = 0;  ///< of them
  std::uint32_t lost_names = 0;  ///< names of types, members, enumerators and parameters
};

inline constexpr const char* lost_name = "(lost)";

/// Repairs the BTF of a kernel (not a module's). `holes` are by address and don't overlap. The result is still to be
/// checked as any BTF is. Errors: corrupt (not even its parts hold together), not_supported.
Result<RepairedBtf> repair_btf(std::span<const std::byte> data, std::span<const BtfHole> holes);

}  // namespace alicia::types
