// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "types/dwarf_die.hpp"
#include "types/type.hpp"

namespace alicia::types {

/// Makes a Type of a DWARF entry, whose numbers are the entries' offsets. An array of several dimensions is DWARF's one
/// entry but C's arrays of arrays: `inner` is handed each inner one and gives its number.
class DwarfConverter {
 public:
  DwarfConverter(Dwarf_Debug debug, unsigned address_bytes, std::function<TypeId(Type)> inner)
      : debug_(debug), address_bytes_(address_bytes), inner_(std::move(inner)) {}

  Type convert(const Die& die) const;

 private:
  TypeId target(const Die& die) const;
  void base(const Die& die, Type& type) const;
  void array(const Die& die, Type& type) const;
  void members(const Die& die, Type& type) const;
  Member member(const Die& die) const;
  std::uint64_t storage_bytes(const Die& member) const;
  void enumerators(const Die& die, Type& type) const;
  void parameters(const Die& die, Type& type) const;

  Dwarf_Debug debug_;
  unsigned address_bytes_;
  std::function<TypeId(Type)> inner_;
};

}  // namespace alicia::types
