// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "target/target.hpp"

namespace alicia::trace {

/// Names of code addresses as the kernel's printk has them, remembered: traces name the same few again and again.
class FunctionNames {
 public:
  explicit FunctionNames(target::Target& target) : target_(target) {}

  /// `%ps`: `vfs_read`, `crc32c_init [libcrc32c]`; hexadecimal where the address has no name.
  const std::string& plain(std::uint64_t address) { return find(address).plain; }
  /// `%pS`: `vfs_read+0x1c/0x2e0`.
  const std::string& with_offset(std::uint64_t address) { return find(address).with_offset; }
  /// The function's name alone, no module; empty where the address has none.
  const std::string& bare(std::uint64_t address) { return find(address).bare; }

 private:
  struct Names {
    std::string bare, plain, with_offset;
  };
  const Names& find(std::uint64_t address);

  target::Target& target_;
  std::unordered_map<std::uint64_t, Names> known_;
};

}  // namespace alicia::trace
