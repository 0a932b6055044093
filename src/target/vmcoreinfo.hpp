// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"

namespace alicia::target {

/// The lines of VMCOREINFO, by key: `KERNELOFFSET`, `SYMBOL(init_uts_ns)`, `NUMBER(phys_base)`.
class Vmcoreinfo {
 public:
  Vmcoreinfo() = default;
  /// Lines that are not `key=value` are passed over; of two with one key the first counts.
  explicit Vmcoreinfo(std::string_view text);

  bool empty() const { return lines_.empty(); }
  std::optional<std::string_view> text(std::string_view key) const;
  /// The value as a hexadecimal number, with or without 0x. Nothing where it isn't one, or over 64 bits.
  std::optional<std::uint64_t> hex(std::string_view key) const;
  std::optional<std::int64_t> decimal(std::string_view key) const;

  /// SYMBOL(name), NUMBER(name).
  std::optional<VirtualAddress> symbol(std::string_view name) const;
  std::optional<std::int64_t> number(std::string_view name) const;
  /// Every SYMBOL(name).
  void for_each_symbol(const std::function<void(std::string_view, VirtualAddress)>& visit) const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;  // sorted by key
};

}  // namespace alicia::target
