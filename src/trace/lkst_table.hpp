// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What LKST records, and where it lies, as lkst/lkst.def has it: that file, which the recording module is built from
// too, says what of it is reconstructed.

#include <cstdint>
#include <string_view>
#include <vector>

#include "target/layout.hpp"
#include "trace/event_format.hpp"

namespace alicia::trace::lkst {

/// Where the members of LKST's structures lie: `record::time`.
#define LKST_MEMBER(structure, member, place, bytes) \
  namespace structure {                              \
  constexpr target::Slot member{place, bytes};       \
  }
#include "lkst/lkst.def"

constexpr std::uint64_t kRecordBytes = 64;
constexpr std::uint64_t kRingBytes = 24;
constexpr std::uint64_t kBufferBytes = 24;  ///< the addresses of its rings follow
constexpr std::uint64_t kAnchorBytes = 32;

/// A kind of event.
struct Definition {
  std::uint16_t id;
  std::string_view name;      ///< LKST's: `PROCESS_CONTEXTSWITCH`
  std::string_view mnemonic;  ///< `context_switch`
  std::string_view arguments[4];
  std::string_view system, event;  ///< what the kernel's own tracing calls it; empty where it has none such
};

/// In ascending order.
std::vector<Definition> definitions();

/// A record as it is kept once it was read: the layout of what ring buffers hold, 52 bytes.
namespace kept {
constexpr target::Slot kType{0, 2};
constexpr target::Slot kPid{4, 4};
constexpr target::Slot kArguments[4]{{8, 8}, {16, 8}, {24, 8}, {32, 8}};
constexpr target::Slot kOtherPid{40, 4};
constexpr target::Slot kSerial{44, 8};
constexpr std::uint64_t kBytes = 52;
}  // namespace kept

/// The kinds of event as the kernel describes its own: each by its name there if it has one, and with the members of
/// the same names, so that what works on the kernel's traces works on LKST's; and with LKST's own members.
EventFormats formats();

}  // namespace alicia::trace::lkst
