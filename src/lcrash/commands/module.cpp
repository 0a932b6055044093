// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"
#include "lcrash/commands/commands.hpp"
#include "lcrash/record.hpp"
#include "lcrash/resolve.hpp"
#include "lcrash/show_struct.hpp"
#include "target/modules.hpp"
#include "types/containers.hpp"

namespace alicia::lcrash {
namespace {

/// The modules that use this one.
std::string users(target::Target& target, const Record& module) {
  const auto use_type = target.types().find("struct module_use");
  if (!use_type) return {};
  const auto node = types::field_at(target.types(), *use_type, "source_list");
  const auto head = module.place("source_list");
  if (!node || !head) return {};
  std::string names;
  const auto walk = types::walk_list(target.memory(), target.types(), *head, node->bit_offset / 8, {4096, nullptr});
  for (const VirtualAddress use : walk.entries) {
    const auto record = Record::at(target, "struct module_use", use);
    const auto name = record ? record->text("source->name") : Result<std::string>(failure(record));
    names += fmt::format(" [{}]", visible(name ? *name : "?"));
  }
  return names;
}

}  // namespace

Result<void> run_module(Context& context, const Arguments& arguments) {
  target::Target& target = context.target();
  const auto head = target.symbol("modules");
  if (!head) return failure(head);
  const auto listing = target::read_modules(target.memory(), target.types(), head->address);
  const unsigned width = context.address_width();
  std::size_t found = 0;
  for (const target::LoadedModule& module : listing.items) {
    if (context.should_stop()) break;
    if (!arguments.words.empty() && std::ranges::find(arguments.words, module.name) == arguments.words.end()) continue;
    if (found++ == 0) context.print("{:<{}} {:>10} {:>5} {}\n", "ADDR", width, "SIZE", "USED", "NAME / USED BY");
    std::uint64_t size = 0;
    for (const symbols::ModuleRange& range : module.ranges)
      size += range.size;
    const auto record = Record::at(target, "struct module", module.address);
    const auto references = record ? record->number({"refcnt.counter"}) : Result<std::uint64_t>(failure(record));
    context.print("{} {:>10} {:>5} {}{}\n", context.address(module.address), size,
                  references ? fmt::format("{}", static_cast<std::int64_t>(*references) - 1) : "?",
                  visible(module.name), record ? users(target, *record) : "");
    if (arguments.has('f'))
      if (auto shown = show_struct(context, "struct module", module.address, Radix::decimal); !shown) return shown;
  }
  for (const Error& problem : listing.problems)
    context.complain(problem);
  for (const std::string& word : arguments.words) {
    const auto named = [&word](const target::LoadedModule& module) { return module.name == word; };
    if (std::ranges::none_of(listing.items, named))
      context.complain({ErrorCode::bad_argument, fmt::format("no such module: {}", visible(word)), {}});
  }
  if (context.interrupted()) return failure(ErrorCode::interrupted, "interrupted");
  return {};
}

}  // namespace alicia::lcrash
