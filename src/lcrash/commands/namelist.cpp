// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/sections.hpp"

namespace alicia::lcrash {

/// Where types come from, in the order in which they are asked.
Result<void> run_namelist(Context& context, const Arguments& arguments) {
  if (!arguments.text.empty()) return usage("namelist");
  const target::Target& target = context.target();
  std::vector<std::string> sources;
  if (target.kernel_symbol("__start_BTF")) sources.emplace_back("BTF in the dump, and that of its modules");
  if (!target.files().kernel.empty()) sources.push_back(target.files().kernel.string());
  for (const auto& file : target.files().types)
    sources.push_back(file.string());
  if (sources.empty()) return failure(ErrorCode::no_such_type, "there are no types: name a KERNTYPES");
  context.write("INDEX  NAMELIST\n");
  show_rule(context);
  for (std::size_t i = 0; i < sources.size(); ++i)
    context.print("{:>5}  {}\n", i, visible(sources[i]));
  return {};
}

}  // namespace alicia::lcrash
