// SPDX-License-Identifier: GPL-3.0-or-later
#include "perl/kernel_calls.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/bytes.hpp"

namespace alicia::perl {
namespace {

/// Stands in for memory while a path is planned: being asked at all means that the path crosses a pointer.
class UntouchedMemory final : public MemoryReader {
 public:
  Result<void> read(VirtualAddress address, std::span<std::byte>) const override {
    touched_ = true;
    return failure(ErrorCode::internal, "planning does not read memory", address.value);
  }
  bool touched() const { return touched_; }

 private:
  mutable bool touched_ = false;
};

// Any base does, as long as offsets neither wrap nor look like null.
constexpr VirtualAddress kPlanningBase{1ULL << 30};

}  // namespace

unsigned KernelCalls::pointer_bytes() {
  if (pointer_bytes_ == 0) pointer_bytes_ = session_.api().pointer_bytes();
  return pointer_bytes_;
}

Result<VirtualAddress> KernelCalls::symbol(std::string_view name) {
  if (name.empty()) return failure(ErrorCode::bad_argument, "a symbol's name is empty");
  return session_.api().symbol_address(name);
}

Result<VirtualAddress> KernelCalls::read_pointer(VirtualAddress address) {
  std::array<std::byte, 8> bytes{};
  const Result<void> done = read(address, std::span(bytes).first(pointer_bytes()));
  if (!done) return failure(done);
  return VirtualAddress{load<std::uint64_t>(bytes)};
}

Result<types::TypeRef> KernelCalls::type(std::string_view declaration) {
  const std::string name(declaration);
  if (const auto known = types_by_name_.find(name); known != types_by_name_.end()) return known->second;
  Result<types::TypeRef> found = types().find(declaration);
  if (found) types_by_name_.emplace(name, *found);
  return found;
}

bool KernelCalls::is_character(types::TypeRef type) {
  const types::Type& described = types().describe(types().strip(type));
  // By name: `unsigned char` is how the kernel's u8 ends, which is a number.
  return described.kind == types::Kind::integer && described.size == 1 && described.name == "char";
}

Result<types::TypeRef> KernelCalls::text_type() {
  if (!text_type_) {
    const Result<types::TypeRef> found = type("char *");
    if (!found) return failure(found);
    text_type_ = *found;
  }
  return *text_type_;
}

types::ShapeCache& KernelCalls::shapes() {
  if (!shapes_) shapes_.emplace(types());
  return *shapes_;
}

Result<types::Place> KernelCalls::offset(types::TypeRef type, std::string_view path) {
  const UntouchedMemory memory;
  Result<types::Place> place = types::walk_path(memory, types(), {kPlanningBase, type}, path);
  if (memory.touched()) {
    return failure(ErrorCode::type_mismatch, fmt::format("`{}` leads through a pointer and has no offset", path));
  }
  if (place) place->address = VirtualAddress{place->address - kPlanningBase};
  return place;
}

Result<KernelCalls::Plan> KernelCalls::make_plan(types::TypeRef structure, std::string_view path, std::string_view as) {
  Plan plan;
  plan.structure = structure;
  plan.path = path;
  const UntouchedMemory memory;
  const Result<types::Place> place = types::walk_path(memory, types(), {kPlanningBase, structure}, path);
  plan.fixed = !memory.touched();
  if (plan.fixed) {
    if (!place) return failure(place);
    plan.place = *place;
    plan.place.address = VirtualAddress{place->address - kPlanningBase};
  }
  if (!as.empty()) {
    const Result<types::TypeRef> type_as = type(as);
    if (!type_as) return failure(type_as);
    plan.as = *type_as;
  }
  return plan;
}

Result<const KernelCalls::Plan*> KernelCalls::plan(std::string_view structure, std::string_view path,
                                                   std::string_view as) {
  key_.assign(structure).push_back('\0');
  key_.append(path).push_back('\0');
  key_.append(as);
  if (const auto known = plans_.find(key_); known != plans_.end()) return &known->second;
  const std::string key = key_;
  const Result<types::TypeRef> found = type(structure);
  if (!found) return failure(found);
  Result<Plan> made = make_plan(*found, path, as);
  if (!made) return failure(made);
  return &plans_.emplace(key, std::move(*made)).first->second;
}

Result<types::Place> KernelCalls::locate(const Plan& plan, VirtualAddress address) {
  if (!plan.fixed) return types::walk_path(memory(), types(), {address, plan.structure}, plan.path);
  types::Place place = plan.place;
  place.address = address + plan.place.address.value;
  return place;
}

Result<types::Value> KernelCalls::read_plan(const Plan& plan, VirtualAddress address) {
  const Result<types::Place> place = locate(plan, address);
  if (!place) return failure(place);
  if (plan.as) return types::read_value_as(memory(), types(), *place, *plan.as);
  const types::Type& described = types().describe(types().strip(place->type));
  if (described.kind == types::Kind::array &&
      is_character(types().follow(types().strip(place->type), described.target))) {
    const Result<types::TypeRef> text = text_type();
    if (!text) return failure(text);
    return types::read_value_as(memory(), types(), *place, *text);
  }
  return types::read_value(memory(), types(), *place);
}

Result<types::Value> KernelCalls::member(VirtualAddress address, std::string_view structure, std::string_view path,
                                         std::string_view as) {
  const Result<const Plan*> found = plan(structure, path, as);
  if (!found) return failure(found);
  return read_plan(**found, address);
}

Result<types::Value> KernelCalls::follow(const types::Place& place) {
  const types::TypeRef stripped = types().strip(place.type);
  const types::Type& described = types().describe(stripped);
  if (described.kind == types::Kind::array && is_character(types().follow(stripped, described.target))) {
    const Result<types::TypeRef> text = text_type();
    if (!text) return failure(text);
    return types::read_value_as(memory(), types(), place, *text);
  }
  if (described.kind != types::Kind::pointer) return types::read_value(memory(), types(), place);
  const types::TypeRef pointee = types().strip(types().follow(stripped, described.target));
  if (is_character(pointee)) return types::read_value_as(memory(), types(), place, stripped);
  const Result<types::Value> value = types::read_value(memory(), types(), place);
  if (!value) return failure(value);
  const auto* address = std::get_if<VirtualAddress>(&*value);
  const types::Kind kind = types().describe(pointee).kind;
  if (address == nullptr || kind == types::Kind::void_ || kind == types::Kind::function) return value;
  return types::Value{types::Object{*address, pointee}};
}

Result<types::Value> KernelCalls::member(const types::Object& object, std::string_view path) {
  // The same strings mean another place in another type: the type's identity is part of the key.
  const std::array<std::uint64_t, 2> identity{reinterpret_cast<std::uintptr_t>(object.type.source), object.type.id};
  key_.assign(reinterpret_cast<const char*>(identity.data()), sizeof identity);
  key_.append(path);
  auto known = plans_.find(key_);
  if (known == plans_.end()) {
    const std::string key = key_;
    Result<Plan> made = make_plan(object.type, path, {});
    if (!made) return failure(made);
    known = plans_.emplace(key, std::move(*made)).first;
  }
  const Result<types::Place> place = locate(known->second, object.address);
  if (!place) return failure(place);
  return follow(*place);
}

Result<types::Value> KernelCalls::element(const types::Object& object, std::int64_t index) {
  const types::TypeRef stripped = types().strip(object.type);
  const types::Type& described = types().describe(stripped);
  types::TypeRef element = object.type;
  if (described.kind == types::Kind::array) {
    element = types().follow(stripped, described.target);
    // A count of 0 is C's flexible array: its length is not the type's to know.
    if (index < 0 || (described.count != 0 && static_cast<std::uint64_t>(index) >= described.count)) {
      return failure(ErrorCode::bad_argument,
                     fmt::format("index {} is outside `{}`", index, types().spell(object.type)));
    }
  }
  const Result<std::uint64_t> size = types().size_of(element);
  if (!size) return failure(size);
  const VirtualAddress at = object.address + *size * static_cast<std::uint64_t>(index);
  types::Place place;
  place.address = at;
  place.type = element;
  return follow(place);
}

std::uint64_t KernelCalls::element_count(const types::Object& object) {
  const types::Type& described = types().describe(types().strip(object.type));
  return described.kind == types::Kind::array ? described.count : 1;
}

std::vector<std::string> KernelCalls::member_names(types::TypeRef type) {
  std::vector<std::string> names;
  std::vector<types::TypeRef> open{types().strip(type)};
  for (std::size_t next = 0; next < open.size() && next < 4096; ++next) {
    const types::TypeRef current = open[next];
    for (const types::Member& member : types().describe(current).members) {
      if (member.name.empty()) {
        open.push_back(types().strip(types().follow(current, member.type)));
      } else {
        names.push_back(member.name);
      }
    }
  }
  return names;
}

bool KernelCalls::has_member(types::TypeRef type, std::string_view path) {
  const UntouchedMemory memory;
  if (types::walk_path(memory, types(), {kPlanningBase, type}, path)) return true;
  if (!memory.touched()) return false;
  // The path crosses a pointer: what lies before the crossing is there; what lies behind is asked of the pointee.
  const std::size_t cut = path.find("->") != std::string_view::npos ? path.find("->") : path.rfind('.');
  if (cut == std::string_view::npos) return false;
  const Result<types::Place> before = offset(type, path.substr(0, cut));
  if (!before) return false;
  const types::TypeRef stripped = types().strip(before->type);
  const types::Type& described = types().describe(stripped);
  if (described.kind != types::Kind::pointer) return false;
  const std::string_view rest = path.substr(cut + (path[cut] == '.' ? 1 : 2));
  return has_member(types().strip(types().follow(stripped, described.target)), rest);
}

}  // namespace alicia::perl
