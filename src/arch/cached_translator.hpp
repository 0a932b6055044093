// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "arch/translation_cache.hpp"
#include "arch/translator.hpp"

namespace alicia::arch {

/// What the page tables of all architectures share: translations with the kernel's own tables are remembered, unless
/// they lie in memory that changes.
class CachedTranslator : public Translator {
 public:
  using Translator::translate;
  Result<Translation> translate(VirtualAddress address) const final {
    if (!remembers_) return walk_kernel(address);
    if (const auto known = cache_.find(address)) return *known;
    auto result = walk_kernel(address);
    if (result) cache_.insert(address, *result);
    return result;
  }
  /// From now on the tables are walked each time. To be called before any translation.
  void remember_nothing() { remembers_ = false; }

 protected:
  /// Walks the kernel's own tables. Errors: as `translate`.
  virtual Result<Translation> walk_kernel(VirtualAddress address) const = 0;

 private:
  bool remembers_ = true;
  mutable TranslationCache cache_;
};

}  // namespace alicia::arch
