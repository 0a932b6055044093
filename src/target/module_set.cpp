// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/module_set.hpp"

#include <algorithm>
#include <limits>

namespace alicia::target {
namespace {

VirtualAddress lowest_address(const symbols::ModuleSymbols& module) {
  VirtualAddress lowest{std::numeric_limits<std::uint64_t>::max()};
  for (const symbols::ModuleRange& range : module.ranges())
    lowest = std::min(lowest, range.begin);
  return lowest;
}

}  // namespace

ModuleSet::ModuleSet(const MemoryReader& memory, std::function<types::TypeSystem&()> types,
                     std::optional<VirtualAddress> head)
    : memory_(memory), types_(std::move(types)), head_(head) {}

void ModuleSet::load() const {
  if (!head_) return;
  listing_ = read_modules(memory_, types_(), *head_);
  for (const LoadedModule& module : listing_.items)
    sources_.push_back(std::make_unique<symbols::ModuleSymbols>(memory_, module.name, module.symbols, module.ranges));
  std::ranges::stable_sort(sources_, {}, [](const auto& source) { return lowest_address(*source); });
}

const ModuleSet::Sources& ModuleSet::sources() const {
  std::call_once(loaded_, [this] { load(); });
  return sources_;
}

const std::vector<LoadedModule>& ModuleSet::modules() const {
  sources();
  return listing_.items;
}

const std::vector<Error>& ModuleSet::problems() const {
  sources();
  return listing_.problems;
}

std::optional<symbols::Symbol> ModuleSet::find(std::string_view name) const {
  std::optional<symbols::Symbol> lowest;
  for (const auto& source : sources()) {
    auto found = source->find(name);
    if (found && (!lowest || found->address < lowest->address)) lowest = std::move(found);
  }
  return lowest;
}

std::optional<symbols::SymbolAndOffset> ModuleSet::at(VirtualAddress address) const {
  for (const auto& source : sources())
    if (source->contains(address)) return source->at(address);
  return std::nullopt;
}

void ModuleSet::for_each(const std::function<bool(const symbols::Symbol&)>& visit) const {
  bool go_on = true;
  for (const auto& source : sources()) {
    if (!go_on) return;
    source->for_each([&](const symbols::Symbol& symbol) { return go_on = visit(symbol); });
  }
}

}  // namespace alicia::target
