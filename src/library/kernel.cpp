// SPDX-License-Identifier: GPL-3.0-or-later
// The public API over the engine: every type crosses here, so that no header of the engine or of a library it uses is
// needed to build against libalicia.
#include <fmt/format.h>

#include <alicia/alicia.hpp>

#include "target/layout.hpp"
#include "target/target.hpp"
#include "types/value.hpp"

namespace alicia::api {
namespace {

Failure outward(const Error& error) {
  return {std::string(error_code_name(error.code)), error.message, error.address};
}

Symbol outward(const symbols::Symbol& symbol) {
  return {symbol.name, symbol.address.value, symbol.type, symbol.module};
}

template <class T>
Outcome<T> outward(Result<T> result) {
  if (!result) return outward(result.error());
  return std::move(*result);
}

Outcome<Done> outward(const Result<void>& result) {
  if (!result) return outward(result.error());
  return Done{};
}

/// One overload for each thing a value of the engine can be.
struct ToValue {
  const types::TypeSystem& types;
  Value operator()(types::Null) const { return std::monostate{}; }
  Value operator()(std::int64_t number) const { return number; }
  Value operator()(std::uint64_t number) const { return number; }
  Value operator()(double number) const { return number; }
  Value operator()(VirtualAddress address) const { return Address{address.value}; }
  Value operator()(const std::string& text) const { return text; }
  Value operator()(const types::Object& object) const {
    return Aggregate{object.address.value, types.spell(object.type)};
  }
};

}  // namespace

struct Kernel::Inside {
  std::unique_ptr<target::Target> target;
};

Kernel::Kernel(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Outcome<Kernel> Kernel::open(const Files& files) {
  const Cancellation never;
  target::Files inward;
  inward.dump.assign(files.dump.begin(), files.dump.end());
  inward.kernel = files.kernel;
  inward.map = files.map;
  inward.types.assign(files.types.begin(), files.types.end());
  inward.refuse_btf = files.refuse_btf;
  inward.debug_folder = files.debug_folder;
  auto opened = target::Target::open(inward, never);
  if (!opened) return outward(opened.error());
  return Kernel(std::make_unique<Inside>(Inside{std::move(*opened)}));
}

std::vector<std::string> Kernel::warnings() const {
  return inside_->target->warnings();
}
std::string Kernel::format() const {
  return inside_->target->dump().info().format;
}
unsigned Kernel::pointer_bytes() const {
  return inside_->target->pointer_bytes();
}
std::uint64_t Kernel::kernel_offset() const {
  return inside_->target->kernel_offset();
}
unsigned Kernel::possible_cpus() const {
  return inside_->target->possible_cpus();
}
std::vector<unsigned> Kernel::online_cpus() const {
  return inside_->target->online_cpus();
}

std::optional<std::string> Kernel::vmcoreinfo(std::string_view key) const {
  const auto text = inside_->target->vmcoreinfo().text(key);
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

Outcome<Symbol> Kernel::symbol(std::string_view name) const {
  const auto found = inside_->target->symbol(name);
  if (!found) return outward(found.error());
  return outward(*found);
}

Outcome<std::uint64_t> Kernel::address_of(std::string_view name) const {
  const auto found = inside_->target->symbol(name);
  if (!found) return outward(found.error());
  return found->address.value;
}

std::optional<SymbolOffset> Kernel::symbol_at(std::uint64_t address) const {
  const auto found = inside_->target->symbol_at(VirtualAddress{address});
  if (!found) return std::nullopt;
  return SymbolOffset{outward(found->symbol), found->offset};
}

void Kernel::for_each_symbol(const std::function<bool(const Symbol&)>& visit) const {
  inside_->target->for_each_symbol([&](const symbols::Symbol& symbol) { return visit(outward(symbol)); });
}

Outcome<Done> Kernel::read(std::uint64_t address, std::span<std::byte> out) const {
  return outward(inside_->target->memory().read(VirtualAddress{address}, out));
}

Outcome<std::uint64_t> Kernel::read_unsigned(std::uint64_t address, unsigned bytes) const {
  if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
    return outward(Error{ErrorCode::bad_argument, fmt::format("cannot read a number of {} bytes", bytes), address});
  std::uint64_t number = 0;
  const auto read = inside_->target->memory().read(VirtualAddress{address},
                                                   std::as_writable_bytes(std::span(&number, 1)).first(bytes));
  if (!read) return outward(read.error());
  return number;
}

Outcome<std::string> Kernel::read_string(std::uint64_t address, std::size_t limit) const {
  return outward(types::read_string(inside_->target->memory(), VirtualAddress{address}, limit));
}

Outcome<Done> Kernel::read_physical(std::uint64_t address, std::span<std::byte> out) const {
  return outward(inside_->target->dump().read(PhysicalAddress{address}, out));
}

Outcome<std::uint64_t> Kernel::translate(std::uint64_t address) const {
  const auto found = inside_->target->translator().translate(VirtualAddress{address});
  if (!found) return outward(found.error());
  return found->physical.value;
}

Outcome<Done> Kernel::read_user(std::uint64_t task, std::uint64_t address, std::span<std::byte> out) {
  return outward(inside_->target->read_user(VirtualAddress{task}, VirtualAddress{address}, out));
}

Outcome<std::uint64_t> Kernel::translate_user(std::uint64_t task, std::uint64_t address) {
  const auto found = inside_->target->translate_user(VirtualAddress{task}, VirtualAddress{address});
  if (!found) return outward(found.error());
  return found->physical.value;
}

Outcome<std::uint64_t> Kernel::size_of(std::string_view type) {
  types::TypeSystem& types = inside_->target->types();
  const auto found = types.find(type);
  if (!found) return outward(found.error());
  return outward(types.size_of(*found));
}

Outcome<std::uint64_t> Kernel::offset_of(std::string_view type, std::string_view path) {
  const auto layout = target::Layout::of(inside_->target->types(), type);
  if (!layout) return outward(layout.error());
  const auto field = layout->field(path);
  if (!field) return outward(field.error());
  if (field->bit_offset % 8 != 0)
    return outward(Error{ErrorCode::type_mismatch, fmt::format("{} is a bit-field within a byte", path), std::nullopt});
  return field->bit_offset / 8;
}

Outcome<Value> Kernel::member(std::uint64_t address, std::string_view type, std::string_view path,
                              std::string_view as) {
  types::TypeSystem& types = inside_->target->types();
  const MemoryReader& memory = inside_->target->memory();
  const auto found = types.find(type);
  if (!found) return outward(found.error());
  const auto place = types::walk_path(memory, types, types::Object{VirtualAddress{address}, *found}, path);
  if (!place) return outward(place.error());
  Result<types::Value> value = failure(ErrorCode::internal, "no value");
  if (as.empty()) {
    value = types::read_value(memory, types, *place);
  } else {
    const auto wanted = types.find(as);
    if (!wanted) return outward(wanted.error());
    value = types::read_value_as(memory, types, *place, *wanted);
  }
  if (!value) return outward(value.error());
  return std::visit(ToValue{types}, *value);
}

Outcome<std::string> Kernel::type_of_symbol(std::string_view name) {
  const auto found = inside_->target->type_of_symbol(name);
  if (!found) return outward(found.error());
  return inside_->target->types().spell(*found);
}

Outcome<std::uint64_t> Kernel::per_cpu_offset(unsigned cpu) const {
  return outward(inside_->target->per_cpu_offset(cpu));
}

}  // namespace alicia::api
