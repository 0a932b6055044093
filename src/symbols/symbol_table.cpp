// SPDX-License-Identifier: GPL-3.0-or-later
#include "symbols/symbol_table.hpp"

#include <algorithm>

namespace alicia::symbols {

void SymbolTable::add(VirtualAddress address, char type, std::string_view name) {
  rows_.push_back(Row{address, text_.size(), static_cast<std::uint32_t>(name.size()), type});
  text_ += name;
}

void SymbolTable::finish() {
  std::ranges::stable_sort(rows_, {}, &Row::address);
}

std::optional<Symbol> SymbolTable::find(std::string_view name) const {
  std::call_once(names_->built, [this] {
    names_->rows.reserve(rows_.size());
    for (std::size_t row = 0; row < rows_.size(); ++row)
      names_->rows.try_emplace(name_of(rows_[row]), row);
  });
  const auto found = names_->rows.find(name);
  if (found == names_->rows.end()) return std::nullopt;
  return symbol(rows_[found->second]);
}

std::optional<SymbolAndOffset> SymbolTable::at(VirtualAddress address) const {
  auto row = std::ranges::upper_bound(rows_, address, {}, &Row::address);
  if (row == rows_.begin()) return std::nullopt;
  --row;
  row = std::ranges::lower_bound(rows_.begin(), row, row->address, {}, &Row::address);
  return SymbolAndOffset{symbol(*row), address - row->address};
}

void SymbolTable::for_each(const std::function<bool(const Symbol&)>& visit) const {
  for (const Row& row : rows_)
    if (!visit(symbol(row))) return;
}

}  // namespace alicia::symbols
