// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dump/dump.hpp"

namespace alicia::dump {

/// No dump has more bytes of notes than this (some 400 a processor).
constexpr std::uint64_t kMostNoteBytes = std::uint64_t{64} << 20;

/// The notes of a PT_NOTE segment or of a kdump file's note area, as far as they are well-formed.
std::vector<Note> parse_notes(std::span<const std::byte> bytes);

/// Adds notes to `info`, and takes from them what DumpInfo has places for: VMCOREINFO, eraseinfo, and from VMCOREINFO
/// the release and the time of the crash where the header had none.
void add_notes(DumpInfo& info, std::vector<Note> notes);

/// The text after `KEY=` of a line of VMCOREINFO.
std::optional<std::string_view> vmcoreinfo_value(std::string_view vmcoreinfo, std::string_view key);

/// As a decimal number.
std::optional<std::uint64_t> vmcoreinfo_number(std::string_view vmcoreinfo, std::string_view key);

/// utsname's machine as an architecture.
Architecture architecture_of_machine(std::string_view machine);

/// What VMCOREINFO and the size of the registers in NT_PRSTATUS tell of the architecture, for files whose header
/// doesn't say.
Architecture guess_architecture(const DumpInfo& info);

}  // namespace alicia::dump
