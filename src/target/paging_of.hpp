// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "arch/translator.hpp"
#include "base/error.hpp"
#include "dump/dump.hpp"
#include "target/vmcoreinfo.hpp"

namespace alicia::target {

/// make_translator() for one architecture each. Errors: as there.
Result<std::unique_ptr<arch::Translator>> make_i386_translator(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo);
Result<std::unique_ptr<arch::Translator>> make_aarch64_translator(const dump::Dump& dump, const Vmcoreinfo& vmcoreinfo);

/// Whether the top table at `physical` maps its own address `root` there: then it is the right one.
/// Errors: corrupt; those of translating.
Result<void> check_own_mapping(const arch::Translator& translator, VirtualAddress root, PhysicalAddress physical);

}  // namespace alicia::target
