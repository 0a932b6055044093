// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "symbols/symbol_source.hpp"

namespace alicia::target {

/// A source of symbols that is opened when first asked: a file the user named, which is seldom needed.
class LazySymbols final : public symbols::SymbolSource {
 public:
  /// @param open gives the source, or null where it cannot be had (and says so elsewhere)
  explicit LazySymbols(std::function<std::unique_ptr<symbols::SymbolSource>()> open) : open_(std::move(open)) {}

  std::optional<symbols::Symbol> find(std::string_view name) const override {
    const auto* source = opened();
    return source != nullptr ? source->find(name) : std::nullopt;
  }
  std::optional<symbols::SymbolAndOffset> at(VirtualAddress address) const override {
    const auto* source = opened();
    return source != nullptr ? source->at(address) : std::nullopt;
  }
  void for_each(const std::function<bool(const symbols::Symbol&)>& visit) const override {
    if (const auto* source = opened()) source->for_each(visit);
  }
  /// Opens it now; false where it cannot be had.
  bool available() const { return opened() != nullptr; }

 private:
  const symbols::SymbolSource* opened() const {
    std::call_once(once_, [this] { source_ = open_(); });
    return source_.get();
  }

  std::function<std::unique_ptr<symbols::SymbolSource>()> open_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<symbols::SymbolSource> source_;
};

}  // namespace alicia::target
