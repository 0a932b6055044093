// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/kernel_symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "symbols/kallsyms_search.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t text_before_stext = std::uint64_t{4} << 20;
constexpr std::uint64_t data_behind = std::uint64_t{64} << 20;

std::vector<symbols::KnownSymbol> known_symbols(const Vmcoreinfo& vmcoreinfo) {
  std::vector<symbols::KnownSymbol> known;
  for (const std::string_view name : {"_stext", "init_uts_ns", "prb", "node_online_map"})
    if (const auto symbol = vmcoreinfo.symbol(name)) known.push_back({name, *symbol});
  return known;
}

/// Where VMCOREINFO says the tables lie. Error: the first that it doesn't name.
Result<symbols::KallsymsLocation> named_location(const Vmcoreinfo& vmcoreinfo) {
  symbols::KallsymsLocation location;
  const std::array<std::pair<std::string_view, VirtualAddress*>, 6> tables{{
      {"kallsyms_names", &location.names},
      {"kallsyms_num_syms", &location.num_syms},
      {"kallsyms_token_table", &location.token_table},
      {"kallsyms_token_index", &location.token_index},
      {"kallsyms_offsets", &location.offsets},
      {"kallsyms_relative_base", &location.relative_base},
  }};
  for (const auto& [name, address] : tables) {
    const auto symbol = vmcoreinfo.symbol(name);
    if (!symbol) return failure(ErrorCode::no_such_symbol, fmt::format("VMCOREINFO does not name {}", name));
    *address = *symbol;
  }
  return location;
}

Result<std::unique_ptr<symbols::Kallsyms>> search_kallsyms(const MemoryReader& memory, const Vmcoreinfo& vmcoreinfo,
                                                           unsigned word_bytes, const Cancellation& cancellation) {
  const auto text = vmcoreinfo.symbol("_stext");
  const auto data = vmcoreinfo.symbol("init_uts_ns");
  if (!text || !data || *data <= *text)
    return failure(ErrorCode::no_such_symbol, "VMCOREINFO names neither kallsyms nor where the kernel lies");
  const auto known = known_symbols(vmcoreinfo);
  std::unique_ptr<symbols::Kallsyms> found;
  const auto accept = [&](const symbols::KallsymsLocation& location) {
    auto kallsyms = symbols::Kallsyms::read(memory, location, known);
    // Text symbols are in every table.
    if (!kallsyms || (*kallsyms)->count_agreeing(known) == 0) return false;
    found = std::move(*kallsyms);
    return true;
  };
  const symbols::KallsymsSearchArea area{*text - std::min(text->value, text_before_stext), *data, *data + data_behind,
                                         word_bytes};
  if (auto searched = symbols::find_kallsyms(memory, area, accept, cancellation); !searched)
    return failure(std::move(searched));
  return found;
}

}  // namespace

Result<std::unique_ptr<symbols::Kallsyms>> read_kallsyms(const MemoryReader& memory, const Vmcoreinfo& vmcoreinfo,
                                                         unsigned word_bytes, const Cancellation& cancellation) {
  auto location = named_location(vmcoreinfo);
  if (!location) return search_kallsyms(memory, vmcoreinfo, word_bytes, cancellation);
  location->word_bytes = word_bytes;
  auto named = symbols::Kallsyms::read(memory, *location, known_symbols(vmcoreinfo));
  // A page that isn't there is nowhere else; what makes no sense may lie elsewhere, and the text be damaged.
  if (named || !absence_reason(named.error().code).empty()) return named;
  auto searched = search_kallsyms(memory, vmcoreinfo, word_bytes, cancellation);
  return searched ? std::move(searched) : std::move(named);
}

}  // namespace alicia::target
