// SPDX-License-Identifier: GPL-3.0-or-later
//
// `savedcmd` points to a `struct saved_cmdlines_buffer`: `map_pid_to_cmdline` gives for the low bits of a PID the
// number of a slot, `map_cmdline_to_pid` tells whose name the slot really has, `saved_cmdlines` has the names, 16 bytes
// each.
#include "trace/command_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "types/value.hpp"

namespace alicia::trace {
namespace {

constexpr std::uint32_t kNameBytes = 16;  // TASK_COMM_LEN
constexpr std::uint64_t kMostSlots = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMostMap = std::uint64_t{1} << 22U;

Result<std::unordered_map<std::int32_t, std::string>> read_names(target::Target& target) {
  const auto symbol = target.symbol("savedcmd");
  if (!symbol) return failure(symbol);
  const auto buffer = types::read_pointer(target.memory(), target.types(), symbol->address);
  if (!buffer) return failure(buffer);
  const auto layout = target::Layout::of(target.types(), "struct saved_cmdlines_buffer");
  if (!layout) return failure(layout);
  const auto count = layout->slot("cmdline_num");
  if (!count) return failure(count);
  const auto owners = layout->slot("map_cmdline_to_pid");
  if (!owners) return failure(owners);
  const auto map = layout->slot("map_pid_to_cmdline");
  if (!map) return failure(map);
  const auto names = layout->field("saved_cmdlines");
  if (!names) return failure(names);
  if (layout->size() > kMostMap) return failure(ErrorCode::corrupt, "the map of names is too large to be true");

  std::vector<std::byte> bytes(static_cast<std::size_t>(layout->size()));
  if (auto read = target.memory().read(*buffer, bytes); !read) return failure(std::move(read));
  const std::uint64_t slots = std::min(count->in(bytes), kMostSlots);
  const auto& type = target.types().describe(target.types().strip(names->type));
  VirtualAddress names_at = *buffer + names->bit_offset / 8;
  if (type.kind == types::Kind::pointer)
    names_at = VirtualAddress{target::Slot{names->bit_offset / 8, target.pointer_bytes()}.in(bytes)};
  std::vector<std::byte> owner_bytes(static_cast<std::size_t>(slots) * 4);
  std::vector<std::byte> name_bytes(static_cast<std::size_t>(slots) * kNameBytes);
  if (auto read = target.memory().read(VirtualAddress{owners->in(bytes)}, owner_bytes); !read)
    return failure(std::move(read));
  if (auto read = target.memory().read(names_at, name_bytes); !read) return failure(std::move(read));

  std::unordered_map<std::int32_t, std::string> result;
  const std::uint64_t pids = map->size / 4;
  for (std::uint64_t index = 0; index < pids; ++index) {
    const auto slot = load<std::uint32_t>(bytes, static_cast<std::size_t>(map->offset + index * 4));
    if (slot >= slots) continue;
    const auto owner = load<std::int32_t>(owner_bytes, std::size_t{slot} * 4);
    // The map is by the low bits of the PID: its owner has to agree.
    if ((static_cast<std::uint32_t>(owner) & std::numeric_limits<std::int16_t>::max()) != index) continue;
    const std::string_view name = as_text(std::span(name_bytes).subspan(std::size_t{slot} * kNameBytes, kNameBytes));
    result.emplace(owner, name.substr(0, std::min(name.find('\0'), std::size_t{kNameBytes - 1})));
  }
  return result;
}

}  // namespace

CommandNames CommandNames::read(target::Target& target) {
  CommandNames result;
  auto names = read_names(target);
  if (names) {
    result.names_ = std::move(*names);
  } else {
    result.problem_ = fmt::format("no names of tasks: {}", names.error().message);
  }
  return result;
}

std::string_view CommandNames::find(std::int32_t pid) const {
  if (pid == 0) return "<idle>";
  if (pid < 0) return "<XXX>";
  const auto found = names_.find(pid);
  return found == names_.end() ? std::string_view("<...>") : std::string_view(found->second);
}

}  // namespace alicia::trace
