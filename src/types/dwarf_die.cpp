// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/dwarf_die.hpp"

#include <utility>

namespace alicia::types {
namespace {

/// Where libdwarf puts an error, which has to be given back.
class ErrorSlot {
 public:
  explicit ErrorSlot(Dwarf_Debug debug) : debug_(debug) {}
  ~ErrorSlot() {
    if (error_ != nullptr) dwarf_dealloc_error(debug_, error_);
  }
  ErrorSlot(const ErrorSlot&) = delete;
  ErrorSlot& operator=(const ErrorSlot&) = delete;
  Dwarf_Error* get() { return &error_; }

 private:
  Dwarf_Debug debug_;
  Dwarf_Error error_ = nullptr;
};

class Attribute {
 public:
  Attribute(Dwarf_Debug debug, Dwarf_Die die, Dwarf_Half number) : debug_(debug) {
    ErrorSlot error(debug);
    if (dwarf_attr(die, number, &handle_, error.get()) != DW_DLV_OK) handle_ = nullptr;
  }
  ~Attribute() {
    if (handle_ != nullptr) dwarf_dealloc_attribute(handle_);
  }
  Attribute(const Attribute&) = delete;
  Attribute& operator=(const Attribute&) = delete;
  Dwarf_Attribute get() const { return handle_; }

  /// What a function of libdwarf reads from it.
  template <class Value>
  std::optional<Value> read(int (*function)(Dwarf_Attribute, Value*, Dwarf_Error*)) const {
    if (handle_ == nullptr) return std::nullopt;
    ErrorSlot error(debug_);
    Value value{};
    if (function(handle_, &value, error.get()) != DW_DLV_OK) return std::nullopt;
    return value;
  }

 private:
  Dwarf_Debug debug_;
  Dwarf_Attribute handle_ = nullptr;
};

/// The operand of an expression that is one DW_OP_plus_uconst.
std::optional<std::uint64_t> plus_constant(const unsigned char* bytes, std::uint64_t length) {
  if (length < 2 || bytes[0] != DW_OP_plus_uconst) return std::nullopt;
  std::uint64_t value = 0;
  for (std::uint64_t at = 1; at < length && at <= 9; ++at) {
    value |= std::uint64_t{bytes[at] & 0x7fU} << (7 * (at - 1));
    if ((bytes[at] & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

Die::Die(Die&& other) noexcept : debug_(other.debug_), handle_(std::exchange(other.handle_, nullptr)) {}

Die& Die::operator=(Die&& other) noexcept {
  std::swap(debug_, other.debug_);
  std::swap(handle_, other.handle_);
  return *this;
}

Die::~Die() {
  if (handle_ != nullptr) dwarf_dealloc_die(handle_);
}

Die Die::at(Dwarf_Debug debug, std::uint64_t offset) {
  ErrorSlot error(debug);
  Dwarf_Die handle = nullptr;
  if (dwarf_offdie_b(debug, offset, 1, &handle, error.get()) != DW_DLV_OK) return {};
  return {debug, handle};
}

Die Die::top(Dwarf_Debug debug) {
  ErrorSlot error(debug);
  Dwarf_Die handle = nullptr;
  if (dwarf_siblingof_b(debug, nullptr, 1, &handle, error.get()) != DW_DLV_OK) return {};
  return {debug, handle};
}

unsigned Die::tag() const {
  ErrorSlot error(debug_);
  Dwarf_Half tag = 0;
  return dwarf_tag(handle_, &tag, error.get()) == DW_DLV_OK ? tag : 0;
}

std::uint64_t Die::offset() const {
  ErrorSlot error(debug_);
  Dwarf_Off offset = 0;
  return dwarf_dieoffset(handle_, &offset, error.get()) == DW_DLV_OK ? offset : 0;
}

std::string_view Die::name() const {
  ErrorSlot error(debug_);
  char* name = nullptr;  // within the file's strings: not to be freed
  return dwarf_diename(handle_, &name, error.get()) == DW_DLV_OK ? std::string_view(name) : std::string_view();
}

bool Die::flag(Dwarf_Half attribute) const {
  const auto value = Attribute(debug_, handle_, attribute).read(dwarf_formflag);
  return value && *value != 0;
}

std::optional<std::uint64_t> Die::number(Dwarf_Half attribute) const {
  const auto value = signed_number(attribute);
  if (!value) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<std::int64_t> Die::signed_number(Dwarf_Half attribute) const {
  const Attribute found(debug_, handle_, attribute);
  const auto form = found.read(dwarf_whatform);
  if (!form) return std::nullopt;
  // Forms of fixed width say nothing about the sign; compilers use them for what is not negative. A constant kept with
  // the abbreviation is no unsigned number to libdwarf.
  if (*form == DW_FORM_sdata || *form == DW_FORM_implicit_const) {
    const auto value = found.read(dwarf_formsdata);
    if (!value) return std::nullopt;
    return *value;
  }
  const auto value = found.read(dwarf_formudata);
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<std::uint64_t> Die::reference(Dwarf_Half attribute) const {
  const auto value = Attribute(debug_, handle_, attribute).read(dwarf_global_formref);
  if (!value) return std::nullopt;
  return *value;
}

std::optional<std::uint64_t> Die::location(Dwarf_Half attribute) const {
  const Attribute found(debug_, handle_, attribute);
  if (const auto value = number(attribute)) return *value;
  if (found.get() == nullptr) return std::nullopt;
  ErrorSlot error(debug_);
  Dwarf_Unsigned length = 0;
  Dwarf_Ptr bytes = nullptr;
  if (dwarf_formexprloc(found.get(), &length, &bytes, error.get()) == DW_DLV_OK) {
    return plus_constant(static_cast<const unsigned char*>(bytes), length);
  }
  Dwarf_Block* block = nullptr;
  ErrorSlot another(debug_);
  if (dwarf_formblock(found.get(), &block, another.get()) != DW_DLV_OK) return std::nullopt;
  const auto value = plus_constant(static_cast<const unsigned char*>(block->bl_data), block->bl_len);
  dwarf_dealloc(debug_, block, DW_DLA_BLOCK);
  return value;
}

Die Die::child() const {
  ErrorSlot error(debug_);
  Dwarf_Die handle = nullptr;
  if (dwarf_child(handle_, &handle, error.get()) != DW_DLV_OK) return {};
  return {debug_, handle};
}

bool Die::has_children() const {
  Dwarf_Half flag = 0;
  return dwarf_die_abbrev_children_flag(handle_, &flag) == DW_DLV_OK && flag != 0;
}

bool Die::names_sibling() const {
  ErrorSlot error(debug_);
  Dwarf_Bool flag = 0;
  return dwarf_hasattr(handle_, DW_AT_sibling, &flag, error.get()) == DW_DLV_OK && flag != 0;
}

bool Die::children_lead_on(unsigned depth) const {
  constexpr unsigned deepest = 64;
  if (depth == deepest) return false;
  for (Die one = child(); one;) {
    const std::uint64_t at = one.offset();
    if (one.has_children() &&
        (one.names_sibling() ? one.reference(DW_AT_sibling).value_or(0) <= at : !one.children_lead_on(depth + 1)))
      return false;
    one = one.libdwarfs_sibling();
    if (one && one.offset() <= at) return false;
  }
  return true;
}

Die Die::sibling() const {
  // An entry that doesn't name its sibling has libdwarf (20210528) go through its children, by the siblings they name;
  // one that leads back would have it go round for ever.
  if (has_children() && !names_sibling() && !children_lead_on(0)) return {};
  return libdwarfs_sibling();
}

Die Die::libdwarfs_sibling() const {
  ErrorSlot error(debug_);
  Dwarf_Die handle = nullptr;
  if (dwarf_siblingof_b(debug_, handle_, 1, &handle, error.get()) != DW_DLV_OK) return {};
  return {debug_, handle};
}

}  // namespace alicia::types
