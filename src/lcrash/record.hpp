// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "target/target.hpp"
#include "types/value.hpp"

namespace alicia::lcrash {

/// A struct of the kernel's at an address, whose members are read by their paths (`cred->uid.val`).
class Record {
 public:
  /// Error: no_such_type.
  static Result<Record> at(target::Target& target, std::string_view type, VirtualAddress address);

  VirtualAddress address() const { return object_.address; }
  bool has(std::string_view path) const;
  /// An integer, an enumeration or a pointer. Of several paths the first that the struct has: kernels differ.
  /// Errors: no_such_member, type_mismatch, those of reading.
  Result<std::uint64_t> number(std::initializer_list<std::string_view> paths) const;
  Result<std::uint64_t> number(std::string_view path) const { return number({path}); }
  Result<VirtualAddress> pointer(std::string_view path) const;
  /// A char array, or what a char pointer points to.
  Result<std::string> text(std::string_view path) const;
  /// Where a member lies.
  Result<VirtualAddress> place(std::string_view path) const;

 private:
  Record(target::Target& target, types::Object object) : target_(&target), object_(object) {}

  target::Target* target_;
  types::Object object_;
};

}  // namespace alicia::lcrash
