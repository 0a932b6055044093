// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/code_map.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "target/kernel_list.hpp"
#include "target/layout.hpp"

namespace alicia::target {

using arch::x86_64::CodeRange;

CodeMap::CodeMap(Target& target) : target_(target) {
  add_range("_stext", "_etext");
  add_range("_sinittext", "_einittext");
  find_bpf_programs();
}

void CodeMap::add_range(std::string_view begin, std::string_view end) {
  const auto first = target_.symbol(begin);
  const auto last = target_.symbol(end);
  if (first && last && first->address < last->address) kernel_.push_back({first->address, last->address});
}

// Each program, trampoline and dispatcher image has a struct bpf_ksym on one list.
void CodeMap::find_bpf_programs() {
  const auto head = target_.symbol("bpf_kallsyms");
  const auto layout = Layout::of(target_.types(), "struct bpf_ksym");
  if (!head || !layout) return;
  const auto start = layout->slot("start");
  const auto end = layout->slot("end");
  const auto link = layout->slot("lnode");
  const auto name = layout->slot("name");
  if (!start || !end || !link || !name) return;
  std::vector<std::byte> bytes(layout->size());
  // What a broken list still gave is kept.
  (void)walk_list(target_.memory(), head->address, target_.pointer_bytes(), [&](VirtualAddress node) {
    if (!target_.memory().read(node - link->offset, bytes)) return false;
    GeneratedCode code;
    code.range = {VirtualAddress{start->in(bytes)}, VirtualAddress{end->in(bytes)}};
    if (fits(name->offset, name->size, bytes.size())) {
      const std::string_view text = as_text(std::span(bytes).subspan(name->offset, name->size));
      code.name = text.substr(0, text.find('\0'));
    }
    code.owner = "bpf";
    if (code.range.begin < code.range.end) generated_.push_back(std::move(code));
    return true;
  });
}

const GeneratedCode* CodeMap::generated_at(VirtualAddress address) const {
  const auto found =
      std::ranges::find_if(generated_, [&](const GeneratedCode& code) { return code.range.contains(address); });
  return found != generated_.end() ? &*found : nullptr;
}

bool CodeMap::is_bpf(VirtualAddress address) const {
  const GeneratedCode* code = generated_at(address);
  return code != nullptr && code->owner == "bpf";
}

bool CodeMap::is_code(VirtualAddress address) const {
  if (std::ranges::any_of(kernel_, [&](const CodeRange& range) { return range.contains(address); })) return true;
  if (generated_at(address) != nullptr) return true;
  // What is left of the kernel's addresses that could be a module's code lies in its top two gigabytes.
  if (address.value < 0xffffffff80000000U) return false;
  const auto found = target_.symbol_at(address);
  return found && !found->symbol.module.empty() &&
         std::string_view("tTwW").find(found->symbol.type) != std::string::npos;
}

std::optional<symbols::SymbolAndOffset> CodeMap::name(VirtualAddress address, bool return_address) const {
  const std::uint64_t back = return_address && address.value != 0 ? 1 : 0;
  if (const GeneratedCode* code = generated_at(address - back)) {
    symbols::Symbol symbol{code->name, code->range.begin, 't', code->owner};
    return symbols::SymbolAndOffset{std::move(symbol), address - code->range.begin};
  }
  auto found = target_.symbol_at(address - back);
  if (found) found->offset += back;
  return found;
}

}  // namespace alicia::target
