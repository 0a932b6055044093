// SPDX-License-Identifier: GPL-3.0-or-later
#include "types/btf_source.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace alicia::types {
namespace {

/// How well a record of this kind answers a question for `tag`: the lower the better, 0 not at all.
unsigned rank(Tag tag, unsigned kind, bool forward_union) {
  const auto only = [&](Tag wanted, unsigned in_any) { return tag == wanted ? 1U : tag == Tag::any ? in_any : 0U; };
  switch (kind) {
    case BTF_KIND_STRUCT: return only(Tag::structure, 1);
    case BTF_KIND_UNION: return only(Tag::union_, 2);
    case BTF_KIND_TYPEDEF: return only(Tag::typedef_, 3);
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return only(Tag::enumeration, 4);
    case BTF_KIND_INT:
    case BTF_KIND_FLOAT: return only(Tag::base, 5);
    case BTF_KIND_FWD: {
      const bool asked = tag == Tag::any || tag == (forward_union ? Tag::union_ : Tag::structure);
      return asked ? 6 : 0;
    }
    default: return 0;
  }
}

Kind kind_of(unsigned btf_kind) {
  switch (btf_kind) {
    case BTF_KIND_INT: return Kind::integer;
    case BTF_KIND_FLOAT: return Kind::floating;
    case BTF_KIND_PTR: return Kind::pointer;
    case BTF_KIND_ARRAY: return Kind::array;
    case BTF_KIND_STRUCT: return Kind::structure;
    case BTF_KIND_UNION: return Kind::union_;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64: return Kind::enumeration;
    case BTF_KIND_FWD: return Kind::forward;
    case BTF_KIND_TYPEDEF: return Kind::typedef_;
    case BTF_KIND_VOLATILE: return Kind::volatile_;
    case BTF_KIND_CONST: return Kind::const_;
    case BTF_KIND_RESTRICT: return Kind::restrict_;
    case BTF_KIND_FUNC_PROTO: return Kind::function;
    default: return Kind::void_;
  }
}

/// libbpf 1.1 declares btf__new_split without exporting it, so a module's bytes take the way through a file in memory.
btf* new_split(std::span<const std::byte> data, btf* base) {
  const int file = memfd_create("btf", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  btf* made = nullptr;
  if (write(file, data.data(), data.size()) == static_cast<ssize_t>(data.size())) {
    made = btf__parse_raw_split(fmt::format("/proc/self/fd/{}", file).c_str(), base);
  }
  close(file);
  return made;
}

}  // namespace

void BtfSource::Release::operator()(btf* handle) const {
  btf__free(handle);
}

Result<std::unique_ptr<BtfSource>> BtfSource::create(std::span<const std::byte> data, BtfSource* base) {
  const auto extent = check_btf(data, base != nullptr ? base->extent_ : BtfExtent{});
  if (!extent) return failure(extent);
  Handle handle(base != nullptr ? new_split(data, base->handle_.get())
                                : btf__new(data.data(), static_cast<std::uint32_t>(data.size())));
  if (!handle) return failure(ErrorCode::corrupt, "libbpf refuses the BTF");
  if (btf__type_cnt(handle.get()) != extent->types) return failure(ErrorCode::corrupt, "libbpf counts other BTF types");
  return std::unique_ptr<BtfSource>(new BtfSource(std::move(handle), base, *extent));
}

BtfSource::BtfSource(Handle handle, BtfSource* base, BtfExtent extent)
    : handle_(std::move(handle)), base_(base), extent_(extent), first_(base != nullptr ? base->extent_.types : 0) {
  types_.resize(extent_.types - first_);
}

BtfSource::~BtfSource() = default;

const btf_type* BtfSource::record(TypeId id) const {
  return btf__type_by_id(handle_.get(), id);
}

std::string_view BtfSource::name_at(std::uint32_t offset) const {
  const char* name = btf__name_by_offset(handle_.get(), offset);
  return name != nullptr ? std::string_view(name) : std::string_view();
}

const NameIndex& BtfSource::types_by_name() {
  if (!types_by_name_) {
    types_by_name_.emplace(types_.size());
    for (TypeId id = std::max(first_, 1U); id < extent_.types; ++id) {
      const btf_type* type = record(id);
      const unsigned kind = btf_kind(type);
      // Variables live in another of C's name spaces, but share the index: `find` and `find_variable` look at the kind.
      const bool indexed = kind == BTF_KIND_VAR || rank(Tag::any, kind, false) != 0;
      if (indexed && type->name_off != 0) types_by_name_->insert(name_at(type->name_off), id);
    }
  }
  return *types_by_name_;
}

const NameIndex& BtfSource::functions_by_name() {
  if (!functions_by_name_) {
    functions_by_name_.emplace(types_.size());
    for (TypeId id = std::max(first_, 1U); id < extent_.types; ++id) {
      const btf_type* type = record(id);
      if (btf_is_func(type) && type->name_off != 0) functions_by_name_->insert(name_at(type->name_off), id);
    }
  }
  return *functions_by_name_;
}

std::optional<TypeId> BtfSource::find(Tag tag, std::string_view name) {
  std::optional<TypeId> best;
  unsigned best_rank = 0;
  types_by_name().candidates(name, [&](TypeId id) {
    const btf_type* type = record(id);
    const unsigned found = rank(tag, btf_kind(type), btf_kflag(type));
    if (found == 0 || (best && found >= best_rank) || name_at(type->name_off) != name) return;
    best = id;
    best_rank = found;
  });
  return best;
}

std::optional<TypeRef> BtfSource::find_variable(std::string_view name) {
  std::optional<TypeRef> found;
  types_by_name().candidates(name, [&](TypeId id) {
    const btf_type* type = record(id);
    if (!found && btf_is_var(type) && name_at(type->name_off) == name) found = resolve(skip_tags(type->type));
  });
  return found;
}

std::optional<TypeRef> BtfSource::find_function(std::string_view name) {
  std::optional<TypeRef> found;
  functions_by_name().candidates(name, [&](TypeId id) {
    const btf_type* type = record(id);
    if (!found && name_at(type->name_off) == name) found = resolve(skip_tags(type->type));
  });
  return found;
}

TypeRef BtfSource::resolve(TypeId id) {
  return id != 0 && id < first_ ? base_->resolve(id) : TypeRef{this, id};
}

const Type& BtfSource::type(TypeId id) {
  if (id != 0 && id < first_) return base_->type(id);
  if (id == 0 || id >= extent_.types) return void_;
  auto& kept = types_[id - first_];
  if (!kept) kept = std::make_unique<Type>(convert(id));
  return *kept;
}

TypeId BtfSource::skip_tags(TypeId id) const {
  while (id != 0 && btf_is_type_tag(record(id)))
    id = record(id)->type;
  return id;
}

Type BtfSource::convert(TypeId id) const {
  Type type;
  id = skip_tags(id);
  if (id == 0) return type;
  const btf_type* from = record(id);
  type.kind = kind_of(btf_kind(from));
  type.name = name_at(from->name_off);
  switch (type.kind) {
    case Kind::integer: convert_integer(from, type); break;
    case Kind::floating: type.size = from->size; break;
    case Kind::pointer:
      type.size = btf__pointer_size(handle_.get());
      if (type.size == 0) type.size = sizeof(std::uint64_t);
      type.target = skip_tags(from->type);
      break;
    case Kind::array:
      type.target = skip_tags(btf_array(from)->type);
      type.count = btf_array(from)->nelems;
      break;
    case Kind::structure:
    case Kind::union_:
      type.size = from->size;
      convert_members(from, type);
      break;
    case Kind::enumeration:
      type.size = from->size;
      convert_enumerators(from, type);
      break;
    case Kind::forward: type.declared = btf_kflag(from) ? Kind::union_ : Kind::structure; break;
    case Kind::function: convert_parameters(from, type); break;
    case Kind::typedef_:
    case Kind::const_:
    case Kind::volatile_:
    case Kind::restrict_: type.target = skip_tags(from->type); break;
    case Kind::void_: break;
  }
  return type;
}

void BtfSource::convert_integer(const btf_type* from, Type& type) const {
  type.size = from->size;
  const unsigned encoding = btf_int_encoding(from);
  const bool is_signed = (encoding & BTF_INT_SIGNED) != 0;
  if ((encoding & BTF_INT_BOOL) != 0) {
    type.encoding = Encoding::boolean;
  } else if (type.size == 1) {
    // pahole never sets BTF_INT_CHAR; every integer of one byte in C is some char.
    type.encoding = is_signed ? Encoding::character : Encoding::unsigned_character;
  } else {
    type.encoding = is_signed ? Encoding::signed_ : Encoding::unsigned_;
  }
}

void BtfSource::convert_members(const btf_type* from, Type& type) const {
  const unsigned count = btf_vlen(from);
  type.members.reserve(count);
  for (unsigned index = 0; index < count; ++index) {
    const btf_member& source = btf_members(from)[index];
    Member& member = type.members.emplace_back();
    member.name = name_at(source.name_off);
    member.type = skip_tags(source.type);
    member.bit_offset = btf_member_bit_offset(from, index);
    member.bitfield_bits = btf_member_bitfield_size(from, index);
    if (btf_kflag(from)) continue;
    // Before the flag existed, a bit-field was a member whose integer type was narrower than its bytes.
    const btf_type* base = record(member.type);
    while (btf_is_mod(base) || btf_is_typedef(base))
      base = record(base->type);
    if (btf_is_int(base) && (btf_int_bits(base) != base->size * 8 || btf_int_offset(base) != 0)) {
      member.bit_offset += btf_int_offset(base);
      member.bitfield_bits = btf_int_bits(base);
    }
  }
}

void BtfSource::convert_enumerators(const btf_type* from, Type& type) const {
  const unsigned count = btf_vlen(from);
  type.encoding = btf_kflag(from) ? Encoding::signed_ : Encoding::unsigned_;
  type.enumerators.reserve(count);
  for (unsigned index = 0; index < count; ++index) {
    if (btf_is_enum64(from)) {
      const struct btf_enum64& source = btf_enum64(from)[index];
      type.enumerators.push_back(
          {std::string(name_at(source.name_off)), static_cast<std::int64_t>(btf_enum64_value(&source))});
    } else {
      const struct btf_enum& source = btf_enum(from)[index];
      const std::int64_t value =
          btf_kflag(from) ? std::int64_t{source.val} : std::int64_t{static_cast<std::uint32_t>(source.val)};
      type.enumerators.push_back({std::string(name_at(source.name_off)), value});
    }
  }
}

void BtfSource::convert_parameters(const btf_type* from, Type& type) const {
  const unsigned count = btf_vlen(from);
  type.target = skip_tags(from->type);
  type.parameters.reserve(count);
  for (unsigned index = 0; index < count; ++index) {
    const btf_param& source = btf_params(from)[index];
    if (source.type == 0 && index + 1 == count) {
      type.variadic = true;
    } else {
      type.parameters.push_back({std::string(name_at(source.name_off)), skip_tags(source.type)});
    }
  }
}

}  // namespace alicia::types
