// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "lcrash/commands/commands.hpp"
#include "lcrash/resolve.hpp"
#include "lcrash/sections.hpp"

namespace alicia::lcrash {

Result<void> run_vtop(Context& context, const Arguments& arguments) {
  if (arguments.words.empty()) return usage("vtop");
  target::Target& target = context.target();
  std::optional<VirtualAddress> task = context.state().default_task;
  const unsigned width = context.address_width();
  bool heading = true;
  for (const std::string& word : arguments.words) {
    const auto address = resolve_address(target, word);
    if (!address) {
      context.complain(address.error());
      continue;
    }
    // A user's address means one of the default task.
    const bool of_kernel = !task || address->value >> (target.pointer_bytes() * 8 - 1) != 0;
    const auto found = of_kernel ? target.translator().translate(*address) : target.translate_user(*task, *address);
    if (!found) {
      context.complain(found.error());
      continue;
    }
    if (heading) context.print("{:<{}} {:<18} {:>10} {}\n", "VADDR", width, "PADDR", "PFN", "PAGE SIZE");
    heading = false;
    context.print("{} 0x{:016x} {:>10} {}\n", context.address(*address), found->physical.value,
                  found->physical.value / page_size(target), found->page_bytes);
  }
  return {};
}

}  // namespace alicia::lcrash
