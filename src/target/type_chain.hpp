// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "types/type.hpp"

namespace alicia::target {

/// The types of all modules, and of files that tell more, as one source behind the kernel's: they are read when the
/// kernel's lacks a name.
class TypeChain final : public types::TypeSource {
 public:
  using Sources = std::vector<std::unique_ptr<types::TypeSource>>;
  explicit TypeChain(std::function<Sources()> read) : read_(std::move(read)) {}

  /// A number that resolve() turns into the type of the source that has it.
  std::optional<types::TypeId> find(types::Tag tag, std::string_view name) override;
  const types::Type& type(types::TypeId id) override;
  types::TypeRef resolve(types::TypeId id) override;
  std::optional<types::TypeRef> find_variable(std::string_view name) override;

 private:
  const Sources& sources();

  std::function<Sources()> read_;
  bool reading_ = false;  // reading the modules' lists asks for types in its turn
  std::optional<Sources> sources_;
  std::vector<types::TypeRef> found_;
};

}  // namespace alicia::target
