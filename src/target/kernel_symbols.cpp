// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/kernel_symbols.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

namespace alicia::target {

Result<std::unique_ptr<symbols::Kallsyms>> read_kallsyms(const MemoryReader& memory, const Vmcoreinfo& vmcoreinfo) {
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
  std::vector<symbols::KnownSymbol> known;
  for (const std::string_view name : {"_stext", "init_uts_ns", "prb", "node_online_map"})
    if (const auto symbol = vmcoreinfo.symbol(name)) known.push_back({name, *symbol});
  return symbols::Kallsyms::read(memory, location, known);
}

}  // namespace alicia::target
