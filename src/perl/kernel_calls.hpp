// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "session/session.hpp"
#include "types/shape.hpp"
#include "types/type_system.hpp"
#include "types/value.hpp"

namespace alicia::perl {

/// What the API's calls do, before any of it is Perl: names and layouts are resolved once and remembered by the strings
/// a script gives (they cannot change while a dump is open); memory is read each time.
class KernelCalls {
 public:
  explicit KernelCalls(session::Session& session) : session_(session) {}

  session::Session& session() { return session_; }
  unsigned pointer_bytes();
  types::TypeSystem& types() { return session_.api().types(); }
  const MemoryReader& memory() { return session_.api().memory(); }

  /// Error: no_such_symbol.
  Result<VirtualAddress> symbol(std::string_view name);
  /// All of `out`, or the error that names the first byte missing.
  Result<void> read(VirtualAddress address, std::span<std::byte> out) { return memory().read(address, out); }
  Result<VirtualAddress> read_pointer(VirtualAddress address);

  /// A C type by its name, remembered.
  Result<types::TypeRef> type(std::string_view declaration);
  /// `path` from the `structure` at `address`, as `as` (empty: as declared, a char array as text).
  Result<types::Value> member(VirtualAddress address, std::string_view structure, std::string_view path,
                              std::string_view as);
  /// A member of a typed object, by the rules of typed objects: pointers are followed to what they point to, char
  /// arrays and strings are text.
  Result<types::Value> member(const types::Object& object, std::string_view path);
  /// The element `index` of an array, or what lies `index` objects further on.
  Result<types::Value> element(const types::Object& object, std::int64_t index);
  /// Elements of an array; 1 for anything else.
  std::uint64_t element_count(const types::Object& object);
  /// Names of the members, those of anonymous structs and unions included.
  std::vector<std::string> member_names(types::TypeRef type);
  bool has_member(types::TypeRef type, std::string_view path);
  /// The member's place in a structure, without reading memory. Errors: no_such_member, type_mismatch where a pointer
  /// would have to be followed.
  Result<types::Place> offset(types::TypeRef type, std::string_view path);
  /// What printing asks of types, remembered.
  types::ShapeCache& shapes();

 private:
  /// How a member is got at: at a fixed distance, or by walking the path each time because it crosses a pointer.
  struct Plan {
    types::TypeRef structure;
    std::string path;
    bool fixed = false;
    types::Place place;  ///< its address is the distance
    std::optional<types::TypeRef> as;
  };

  Result<const Plan*> plan(std::string_view structure, std::string_view path, std::string_view as);
  Result<Plan> make_plan(types::TypeRef structure, std::string_view path, std::string_view as);
  Result<types::Place> locate(const Plan& plan, VirtualAddress address);
  Result<types::Value> read_plan(const Plan& plan, VirtualAddress address);
  Result<types::Value> follow(const types::Place& place);
  Result<types::TypeRef> text_type();
  bool is_character(types::TypeRef type);

  session::Session& session_;
  unsigned pointer_bytes_ = 0;
  std::string key_;
  std::unordered_map<std::string, types::TypeRef> types_by_name_;
  std::unordered_map<std::string, Plan> plans_;
  std::optional<types::TypeRef> text_type_;
  std::optional<types::ShapeCache> shapes_;
};

}  // namespace alicia::perl
