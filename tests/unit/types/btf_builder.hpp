// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bpf/btf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace alicia::types {

/// Writes BTF for tests, through libbpf's own writer. Each call gives the number of the type made.
class BtfBuilder {
 public:
  explicit BtfBuilder(const BtfBuilder* base = nullptr)
      : handle_(base != nullptr ? btf__new_empty_split(base->handle_.get()) : btf__new_empty()) {}

  int integer(const char* name, std::size_t bytes, int encoding = 0) {
    return made(btf__add_int(handle_.get(), name, bytes, encoding));
  }
  int floating(const char* name, std::size_t bytes) { return made(btf__add_float(handle_.get(), name, bytes)); }
  int pointer(int target) { return made(btf__add_ptr(handle_.get(), target)); }
  int array(int element, int index, unsigned count) {
    return made(btf__add_array(handle_.get(), index, element, count));
  }
  int typedef_of(const char* name, int target) { return made(btf__add_typedef(handle_.get(), name, target)); }
  int const_of(int target) { return made(btf__add_const(handle_.get(), target)); }
  int volatile_of(int target) { return made(btf__add_volatile(handle_.get(), target)); }
  int tag(const char* name, int target) { return made(btf__add_type_tag(handle_.get(), name, target)); }
  int forward(const char* name, bool is_union = false) {
    return made(btf__add_fwd(handle_.get(), name, is_union ? BTF_FWD_UNION : BTF_FWD_STRUCT));
  }
  int variable(const char* name, int type) {
    return made(btf__add_var(handle_.get(), name, BTF_VAR_GLOBAL_ALLOCATED, type));
  }
  int prototype(int returned) { return made(btf__add_func_proto(handle_.get(), returned)); }
  void parameter(const char* name, int type) { made(btf__add_func_param(handle_.get(), name, type)); }
  int function(const char* name, int proto) { return made(btf__add_func(handle_.get(), name, BTF_FUNC_STATIC, proto)); }
  int enumeration(const char* name, unsigned bytes, std::vector<std::pair<const char*, std::int64_t>> values) {
    const int id = made(btf__add_enum(handle_.get(), name, bytes));
    for (const auto& [label, value] : values)
      made(btf__add_enum_value(handle_.get(), label, value));
    return id;
  }
  int wide_enumeration(const char* name, std::vector<std::pair<const char*, std::uint64_t>> values) {
    const int id = made(btf__add_enum64(handle_.get(), name, 8, false));
    for (const auto& [label, value] : values)
      made(btf__add_enum64_value(handle_.get(), label, value));
    return id;
  }

  /// A member's name, type, offset in bits and, for bit-fields, width.
  struct Field {
    const char* name;
    int type;
    unsigned bit_offset;
    unsigned bits = 0;
  };
  int structure(const char* name, unsigned bytes, const std::vector<Field>& fields) {
    return add_fields(made(btf__add_struct(handle_.get(), name, bytes)), fields);
  }
  int union_of(const char* name, unsigned bytes, const std::vector<Field>& fields) {
    return add_fields(made(btf__add_union(handle_.get(), name, bytes)), fields);
  }

  std::vector<std::byte> bytes() const {
    std::uint32_t size = 0;
    const void* data = btf__raw_data(handle_.get(), &size);
    std::vector<std::byte> copy(size);
    std::memcpy(copy.data(), data, size);
    return copy;
  }

 private:
  struct Release {
    void operator()(btf* handle) const { btf__free(handle); }
  };
  static int made(int id) {
    if (id < 0) throw std::runtime_error("libbpf refuses a type");
    return id;
  }
  int add_fields(int id, const std::vector<Field>& fields) {
    for (const Field& field : fields) {
      made(btf__add_field(handle_.get(), field.name, field.type, field.bit_offset, field.bits));
    }
    return id;
  }
  std::unique_ptr<btf, Release> handle_;
};

}  // namespace alicia::types
