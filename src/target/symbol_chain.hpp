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
  std::optional<symbols::SymbolAndOffset> at(VirtualAddress address) const override {
    for (const auto& source : sources_)
      if (auto found = source->at(address)) return found;
    return std::nullopt;
  }
  /// Those of the first source, which lists what the kernel itself does.
  void for_each(const std::function<bool(const symbols::Symbol&)>& visit) const override {
    if (!sources_.empty()) sources_.front()->for_each(visit);
  }

 private:
  std::vector<std::unique_ptr<symbols::SymbolSource>> sources_;
};

}  // namespace alicia::target
