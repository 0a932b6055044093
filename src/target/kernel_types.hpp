// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "base/error.hpp"
#include "base/memory_reader.hpp"
#include "types/btf_source.hpp"

namespace alicia::target {

/// Where the kernel's BTF lies: __start_BTF and __stop_BTF.
struct BtfRange {
  VirtualAddress begin;
  VirtualAddress end;
};

/// The kernel's types, from its BTF in the dump. Errors: those of reading (`kernel BTF: …`), of BtfSource::create.
Result<std::unique_ptr<types::BtfSource>> read_kernel_btf(const MemoryReader& memory, BtfRange range);

/// BTF of a module, which continues the kernel's.
Result<std::unique_ptr<types::BtfSource>> read_module_btf(const MemoryReader& memory, VirtualAddress data,
                                                          std::uint64_t bytes, types::BtfSource& kernel);

}  // namespace alicia::target
