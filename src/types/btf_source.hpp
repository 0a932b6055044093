// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "types/btf_check.hpp"
#include "types/name_index.hpp"
#include "types/type.hpp"

struct btf;
struct btf_type;

namespace alicia::types {

/// The types of a kernel or a module as BTF has them. Records become `Type`s when first asked for.
class BtfSource final : public TypeSource {
 public:
  /// Takes raw BTF; `base` is the kernel's, where `data` is a module's, and has to outlive this one.
  /// Errors: those of check_btf.
  static Result<std::unique_ptr<BtfSource>> create(std::span<const std::byte> data, BtfSource* base = nullptr);
  /// From a file of raw BTF, or an ELF file's `.BTF` section. Errors: cannot_open, wrong_format, those of check_btf.
  static Result<std::unique_ptr<BtfSource>> open(const std::filesystem::path& path, BtfSource* base = nullptr);
  ~BtfSource() override;

  std::optional<TypeId> find(Tag tag, std::string_view name) override;
  const Type& type(TypeId id) override;
  TypeRef resolve(TypeId id) override;
  /// The numbers of this source's own types: from the first up to, but without, the second.
  std::pair<TypeId, TypeId> range() const { return {first_, extent_.types}; }

  /// The type of a variable that BTF knows: the per-CPU ones.
  std::optional<TypeRef> find_variable(std::string_view name) override;
  /// The prototype of a function.
  std::optional<TypeRef> find_function(std::string_view name) override;

 private:
  struct Release {
    void operator()(btf* handle) const;
  };
  using Handle = std::unique_ptr<btf, Release>;

  BtfSource(Handle handle, BtfSource* base, BtfExtent extent);
  const btf_type* record(TypeId id) const;
  std::string_view name_at(std::uint32_t offset) const;
  const NameIndex& types_by_name();
  const NameIndex& functions_by_name();
  TypeId skip_tags(TypeId id) const;
  Type convert(TypeId id) const;
  void convert_integer(const btf_type* record, Type& type) const;
  void convert_members(const btf_type* record, Type& type) const;
  void convert_enumerators(const btf_type* record, Type& type) const;
  void convert_parameters(const btf_type* record, Type& type) const;

  Handle handle_;
  BtfSource* base_;
  BtfExtent extent_;
  TypeId first_;  // the first number that is this source's own
  const Type void_;
  std::vector<std::unique_ptr<Type>> types_;
  std::optional<NameIndex> types_by_name_;
  std::optional<NameIndex> functions_by_name_;
};

}  // namespace alicia::types
