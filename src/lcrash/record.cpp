// SPDX-License-Identifier: GPL-3.0-or-later
#include "lcrash/record.hpp"

namespace alicia::lcrash {

Result<Record> Record::at(target::Target& target, std::string_view type, VirtualAddress address) {
  const auto found = target.types().find(type);
  if (!found) return failure(found);
  return Record(target, {address, *found});
}

bool Record::has(std::string_view path) const {
  return types::field_at(target_->types(), object_.type, path).has_value();
}

Result<std::uint64_t> Record::number(std::initializer_list<std::string_view> paths) const {
  Result<types::Place> place = failure(ErrorCode::no_such_member, "no member");
  for (const std::string_view path : paths) {
    place = types::walk_path(target_->memory(), target_->types(), object_, path);
    if (place || place.error().code != ErrorCode::no_such_member) break;
  }
  if (!place) return failure(place);
  const auto value = types::read_value(target_->memory(), target_->types(), *place);
  if (!value) return failure(value);
  if (const auto* number = std::get_if<std::int64_t>(&*value)) return static_cast<std::uint64_t>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&*value)) return *number;
  if (const auto* pointer = std::get_if<VirtualAddress>(&*value)) return pointer->value;
  return failure(ErrorCode::type_mismatch, "a member that is no number");
}

Result<VirtualAddress> Record::pointer(std::string_view path) const {
  return number({path}).map([](std::uint64_t value) { return VirtualAddress{value}; });
}

Result<std::string> Record::text(std::string_view path) const {
  const auto place = types::walk_path(target_->memory(), target_->types(), object_, path);
  if (!place) return failure(place);
  const auto wanted = target_->types().find("char *");
  if (!wanted) return failure(wanted);
  const auto value = types::read_value_as(target_->memory(), target_->types(), *place, *wanted);
  if (!value) return failure(value);
  const auto* text = std::get_if<std::string>(&*value);
  return text != nullptr ? *text : std::string();
}

Result<VirtualAddress> Record::place(std::string_view path) const {
  return types::walk_path(target_->memory(), target_->types(), object_, path).map([](const types::Place& place) {
    return place.address;
  });
}

}  // namespace alicia::lcrash
