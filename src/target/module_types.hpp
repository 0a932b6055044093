// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "types/btf_source.hpp"
#include "types/type.hpp"

namespace alicia::target {

/// The types of all modules as one source behind the kernel's: their BTF is read when the kernel's lacks a name.
class ModuleTypes final : public types::TypeSource {
 public:
  using Sources = std::vector<std::unique_ptr<types::BtfSource>>;
  explicit ModuleTypes(std::function<Sources()> read) : read_(std::move(read)) {}

  /// A number that resolve() turns into the module's own type.
  std::optional<types::TypeId> find(types::Tag tag, std::string_view name) override;
  const types::Type& type(types::TypeId id) override;
  types::TypeRef resolve(types::TypeId id) override;

  /// A per-CPU variable of a module.
  std::optional<types::TypeRef> find_variable(std::string_view name);

 private:
  const Sources& sources();

  std::function<Sources()> read_;
  bool reading_ = false;  // reading the modules' lists asks for types in its turn
  std::optional<Sources> sources_;
  std::vector<types::TypeRef> found_;
};

}  // namespace alicia::target
