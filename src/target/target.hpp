// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arch/translator.hpp"
#include "base/address.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "dump/dump.hpp"
#include "symbols/symbol_source.hpp"
#include "target/files.hpp"
#include "target/vmcoreinfo.hpp"
#include "types/type_system.hpp"

namespace alicia::target {

/// One opened kernel: memory, symbols, types, CPUs. The one object of libalicia's inside.
class Target {
 public:
  /// Opens the dump and boots what is needed to answer: VMCOREINFO, page tables, kallsyms, BTF; the rest when asked
  /// for. What is missing and can be done without becomes a warning.
  static Result<std::unique_ptr<Target>> open(const Files& files, const Cancellation& cancellation);
  ~Target();

  const Files& files() const;
  const dump::Dump& dump() const;
  const Vmcoreinfo& vmcoreinfo() const;
  const std::vector<std::string>& warnings() const;
  dump::Architecture architecture() const;
  unsigned pointer_bytes() const;

  const MemoryReader& memory() const;
  const arch::Translator& translator() const;
  types::TypeSystem& types();

  /// An address of user space, with the page tables of a task. @param task address of its task_struct
  /// Errors: no_memory_there for a kernel thread; unmapped; those of reading.
  Result<arch::Translation> translate_user(VirtualAddress task, VirtualAddress address);
  Result<void> read_user(VirtualAddress task, VirtualAddress address, std::span<std::byte> out);

  /// The kernel's symbols first, lowest address first; then modules'. Error: no_such_symbol.
  Result<symbols::Symbol> symbol(std::string_view name) const;
  std::optional<symbols::SymbolAndOffset> symbol_at(VirtualAddress address) const;
  /// The kernel's own symbol as it lists them; no module and no file is looked at.
  std::optional<symbols::Symbol> kernel_symbol(std::string_view name) const;
  /// Kernel and modules.
  void for_each_symbol(const std::function<bool(const symbols::Symbol&)>& visit) const;
  /// KASLR: what was added to every address of vmlinux.
  std::uint64_t kernel_offset() const;

  /// Number of possible CPUs with per-CPU data (nr_cpu_ids), and the offset of a CPU's area.
  unsigned possible_cpus() const;
  std::vector<unsigned> online_cpus() const;
  Result<std::uint64_t> per_cpu_offset(unsigned cpu) const;

  /// The C declaration's type of a global (`init_task` → `struct task_struct`): per-CPU ones from BTF, others from
  /// DWARF or the declaration table. Error: no_such_type.
  Result<types::TypeRef> type_of_symbol(std::string_view name);

 private:
  struct Parts;
  explicit Target(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace alicia::target
