// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "arch/x86_64/orc_unwinder.hpp"
#include "target/code_map.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// One task's return addresses that tracers replaced with their own: function_graph with return_to_handler, kretprobes
/// with arch_rethook_trampoline. The task's ret_stack and rethooks tell what was there, by the place on the stack; they
/// are read when the first trampoline is met.
class ReplacedReturns final : public arch::x86_64::CodeKnowledge {
 public:
  /// All borrowed.
  ReplacedReturns(Target& target, const CodeMap& code, VirtualAddress task)
      : target_(target), code_(code), task_(task) {}

  bool is_code(VirtualAddress address) const override { return code_.is_code(address); }
  bool keeps_frame_pointers(VirtualAddress address) const override { return code_.is_bpf(address); }
  std::optional<VirtualAddress> function_start(VirtualAddress address) const override {
    const auto name = code_.name(address, false);
    return name ? std::optional(address - name->offset) : std::nullopt;
  }
  std::optional<arch::x86_64::OriginalReturn> original_return(VirtualAddress found, VirtualAddress slot) const override;

 private:
  using Originals = std::map<VirtualAddress, VirtualAddress>;  // place on the stack, return address
  Originals read_graph() const;
  Originals read_rethooks() const;

  Target& target_;
  const CodeMap& code_;
  VirtualAddress task_;
  mutable std::optional<Originals> graph_, rethooks_;
};

}  // namespace alicia::target
