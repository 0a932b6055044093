// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "arch/x86_64/orc_tables.hpp"
#include "arch/x86_64/orc_unwinder.hpp"
#include "target/target.hpp"

namespace alicia::target {

/// Generated code that no symbol table names.
struct GeneratedCode {
  arch::x86_64::CodeRange range;
  std::string name;
  std::string owner;  ///< shown like a module: `bpf`, `ftrace`
};

/// Where code lies, and its names: the kernel's, modules', ftrace's trampolines and BPF programs.
class CodeMap {
 public:
  explicit CodeMap(Target& target);

  bool is_code(VirtualAddress address) const;
  bool is_bpf(VirtualAddress address) const;
  /// The symbol an address belongs to. @param return_address it is that behind a call, which may be a function's last
  /// instruction: then the byte before it is looked up, and the offset is still the address's own
  std::optional<symbols::SymbolAndOffset> name(VirtualAddress address, bool return_address) const;
  const std::vector<GeneratedCode>& generated() const { return generated_; }
  const std::vector<arch::x86_64::CodeRange>& kernel_text() const { return kernel_; }

 private:
  const GeneratedCode* generated_at(VirtualAddress address) const;
  void add_range(std::string_view begin, std::string_view end);
  void find_bpf_programs();

  Target& target_;
  std::vector<arch::x86_64::CodeRange> kernel_;
  std::vector<GeneratedCode> generated_;

 public:
  /// Adds code found elsewhere.
  void add_generated(GeneratedCode code) { generated_.push_back(std::move(code)); }
};

}  // namespace alicia::target
