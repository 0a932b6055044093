// SPDX-License-Identifier: GPL-3.0-or-later
//
// The kernel's BTF lies in its read-only data, behind the text and before the data, and begins with a header of 24
// bytes: a magic number, version, length, and where types and strings lie. Types come first and strings follow, so that
// the header also says where all of it ends. What BPF programs built into the kernel bring along is a few kB long.
//
// init_task is a task_struct named swapper that is its own parent and the leader of its own group.
#include "target/found_symbols.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/bulk_read.hpp"
#include "base/bytes.hpp"
#include "target/layout.hpp"
#include "types/value.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t most_image_bytes = std::uint64_t{128} << 20;
constexpr std::uint64_t most_data_bytes = std::uint64_t{16} << 20;  // on either side of `data`
constexpr std::uint64_t window_bytes = std::uint64_t{1} << 20;
constexpr std::size_t header_bytes = 24;
constexpr std::uint32_t least_btf_bytes = 128 << 10;
constexpr std::uint32_t most_btf_bytes = 64 << 20;
constexpr unsigned most_swappers = 1000;

/// The bytes of the BTF whose header this is; 0 where it is none.
std::uint64_t btf_bytes(std::span<const std::byte> header) {
  constexpr std::uint32_t magic_version_flags = 0x0001eb9f;
  if (load<std::uint32_t>(header) != magic_version_flags || load<std::uint32_t>(header, 4) != header_bytes) return 0;
  const auto types_at = load<std::uint32_t>(header, 8);
  const auto type_bytes = load<std::uint32_t>(header, 12);
  const auto strings_at = load<std::uint32_t>(header, 16);
  const auto string_bytes = load<std::uint32_t>(header, 20);
  if (types_at != 0 || strings_at != type_bytes || type_bytes < least_btf_bytes || type_bytes > most_btf_bytes ||
      string_bytes == 0 || string_bytes > most_btf_bytes)
    return 0;
  return std::uint64_t{header_bytes} + type_bytes + string_bytes;
}

/// Reads [begin, end) in windows, the last first, each with `overlap` bytes of the one behind it; ends when `look`
/// returns true.
template <class Look>
void for_each_window(const MemoryReader& memory, VirtualAddress begin, VirtualAddress end, std::size_t overlap,
                     const Look& look) {
  std::vector<std::byte> bytes(window_bytes + overlap);
  for (VirtualAddress high = end; high > begin;) {
    const std::uint64_t length = std::min(window_bytes, high - begin);
    const VirtualAddress low = high - length;
    std::ranges::fill(bytes, std::byte{0});
    const auto window = std::span(bytes).first(length + overlap);
    read_region(memory, low, window);
    if (look(low, std::span<const std::byte>(window))) return;
    high = low;
  }
}

}  // namespace

std::optional<symbols::Symbol> FoundSymbols::find(std::string_view name) const {
  const auto symbol = [&](VirtualAddress address, char type) {
    return symbols::Symbol{std::string(name), address, type, {}};
  };
  if (name == "__start_BTF" || name == "__stop_BTF") {
    std::call_once(btf_once_, [this] { btf_ = look_for_btf(); });
    if (btf_) return symbol(name == "__start_BTF" ? btf_->begin : btf_->end, 'R');
  } else if (name == "init_task") {
    std::call_once(task_once_, [this] { init_task_ = look_for_init_task(); });
    if (init_task_) return symbol(*init_task_, 'D');
  }
  return std::nullopt;
}

std::optional<FoundSymbols::Range> FoundSymbols::look_for_btf() const {
  const VirtualAddress end{area_.data.value & ~std::uint64_t{3}};
  const VirtualAddress lowest{end.value - std::min(end.value, most_image_bytes)};
  std::optional<Range> found;
  for_each_window(memory_, std::max(area_.begin, lowest), end, header_bytes,
                  [&](VirtualAddress low, std::span<const std::byte> window) {
                    // Windows begin at addresses of any alignment, the header at a multiple of four.
                    for (std::size_t at = (4 - low.value % 4) % 4; at + header_bytes <= window.size(); at += 4) {
                      const std::uint64_t bytes = btf_bytes(window.subspan(at, header_bytes));
                      if (bytes == 0) continue;
                      found = Range{low + at, low + at + bytes};
                      return true;
                    }
                    return false;
                  });
  return found;
}

std::optional<VirtualAddress> FoundSymbols::look_for_init_task() const {
  types::TypeSystem& types = types_();
  const auto task = Layout::of(types, "struct task_struct");
  if (!task) return std::nullopt;
  const auto comm = task->slot("comm");
  const auto leader = task->slot("group_leader");
  const auto parent = task->slot("real_parent");
  if (!comm || !leader || !parent) return std::nullopt;
  const auto is_itself = [&](VirtualAddress candidate, const Slot& member) {
    const auto pointer = types::read_pointer(memory_, types, candidate + member.offset);
    return pointer && *pointer == candidate;
  };
  constexpr std::string_view name = "swapper";
  std::optional<VirtualAddress> found;
  unsigned seen = 0;
  const auto look = [&](VirtualAddress low, std::span<const std::byte> window) {
    const std::string_view text = as_text(window);
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos && seen < most_swappers;
         ++at, ++seen) {
      const VirtualAddress candidate{low.value + at - comm->offset};
      if (!is_itself(candidate, *leader) || !is_itself(candidate, *parent)) continue;
      found = candidate;
      return true;
    }
    return seen >= most_swappers;
  };
  const VirtualAddress lowest{area_.data.value - std::min(area_.data.value, most_data_bytes)};
  const VirtualAddress highest{area_.data.value + std::min(~area_.data.value, most_data_bytes)};
  for_each_window(memory_, lowest, area_.data, name.size(), look);
  if (!found) for_each_window(memory_, area_.data, highest, name.size(), look);
  return found;
}

}  // namespace alicia::target
