// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "symbols/symbol_source.hpp"

namespace alicia::target {

/// The kernel's own symbols from several places: the first that answers counts.
class SymbolChain final : public symbols::SymbolSource {
 public:
  void add(std::unique_ptr<symbols::SymbolSource> source) { sources_.push_back(std::move(source)); }
  bool empty() const { return sources_.empty(); }

  std::optional<symbols::Symbol> find(std::string_view name) const override {
    for (const auto& source : sources_)
      if (auto found = source->find(name)) return found;
    return std::nullopt;
  }
  /// In the first source only.
  std::optional<symbols::Symbol> find_listed(std::string_view name) const {
    return sources_.empty() ? std::nullopt : sources_.front()->find(name);
  }
  /// Only the first source answers this and for_each(): it knows every symbol the kernel itself knows, and the files
  /// behind it need not be opened for each address of a module.
  std::optional<symbols::SymbolAndOffset> at(VirtualAddress address) const override {
    return sources_.empty() ? std::nullopt : sources_.front()->at(address);
  }
  void for_each(const std::function<bool(const symbols::Symbol&)>& visit) const override {
    if (!sources_.empty()) sources_.front()->for_each(visit);
  }

 private:
  std::vector<std::unique_ptr<symbols::SymbolSource>> sources_;
};

}  // namespace alicia::target
