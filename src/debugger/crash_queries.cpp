// SPDX-License-Identifier: GPL-3.0-or-later
//
// `rd -x -64 ADDRESS COUNT` prints two words a line behind their address:
//
//   ffffffffaf91ffe0:  65762078756e694c 2e36206e6f697372
//
// whatever `set radix` says, 10 MB of memory a second; -8 does the same for bytes. Unaligned addresses are fine. Where
// a unit can't be read, the words before it are printed, and behind them what and where:
//
//   ffff8e2440000ff8:  1716151413121110 rd: page excluded: kernel virtual address: ffff8e2440001000  type: "64-bit
//   KVADDR"
//
// `seek error` may mean that there is no memory at the physical address, or that the virtual one isn't mapped at all
// but lies where crash computes instead of walking page tables; `vtop` tells which. An address that isn't the kernel's
// crash would look up in the current task's memory, which `set` changes: those are kept from it. So are those that no
// processor takes, which crash doesn't tell from those that aren't mapped: how many bits of an address count is a
// matter of the architecture and, on x86_64, of the levels of its page tables, which `mach` gives away.
#include "debugger/crash_queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/page.hpp"
#include "debugger/memory_chunk.hpp"
#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

constexpr unsigned least_address_bits = 48;
constexpr unsigned most_address_bits = 57;

// The lines `ADDRESS (T) NAME …` of exactly this name; a module's symbols end in `[MODULE]`.
std::optional<VirtualAddress> lowest_of_sym(std::string_view answer, std::string_view name) {
  std::optional<VirtualAddress> kernel, module;
  for (std::string_view line : lines_of(answer)) {
    const auto words = words_of(line);
    if (words.size() < 3 || words[2] != name || words[1].size() != 3 || words[1].front() != '(') continue;
    const auto address = number(words[0], 16);
    if (!address) continue;
    auto& lowest = words.size() > 3 && words.back().starts_with('[') ? module : kernel;
    if (!lowest || *address < lowest->value) lowest = VirtualAddress{*address};
  }
  return kernel ? kernel : module;
}

bool is_sign_extended(VirtualAddress address, unsigned bits) {
  const unsigned unused = 64 - bits;
  return static_cast<std::int64_t>(address.value << unused) >> unused == static_cast<std::int64_t>(address.value);
}

// What stands behind `NAME: ` in a table such as that of `mach`.
std::string_view entry_in(std::string_view table, std::string_view name) {
  for (const std::string_view line : lines_of(table)) {
    const auto text = trimmed(line);
    if (text.starts_with(name) && text.substr(name.size()).starts_with(": "))
      return trimmed(text.substr(name.size() + 1));
  }
  return {};
}

// With five levels of page tables, the kernel's memory begins lower than four levels reach.
unsigned address_bits_in(std::string_view mach) {
  const auto base = number(entry_in(mach, "KERNEL VIRTUAL BASE"), 16);
  const bool has_four_levels =
      entry_in(mach, "MACHINE TYPE") == "x86_64" && base && is_sign_extended(VirtualAddress{*base}, least_address_bits);
  return has_four_levels ? least_address_bits : most_address_bits;
}

std::string_view cause_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::unmapped: return "not mapped";
    case ErrorCode::page_excluded: return "page excluded from the dump";
    case ErrorCode::no_memory_there: return "the machine had no memory there";
    default: return "the page cannot be read";
  }
}

}  // namespace

Result<VirtualAddress> CrashQueries::symbol_address(std::string_view name) {
  const auto no_such = [&] { return failure(ErrorCode::no_such_symbol, fmt::format("no such symbol: {}", name)); };
  {
    std::lock_guard lock(mutex_);
    if (const auto known = symbols_.find(name); known != symbols_.end()) return known->second;
  }
  if (!may_be_symbol(name)) return no_such();
  auto answer = ask_(fmt::format("sym {}", name));
  if (!answer) return failure(std::move(answer));
  auto address = lowest_of_sym(*answer, name);
  const bool like_hex = name.find_first_not_of("0123456789abcdefABCDEF") == name.npos;
  if (!address && like_hex) {  // sym may have taken the name for an address
    answer = ask_(fmt::format("sym -q {}", name));
    if (!answer) return failure(std::move(answer));
    address = lowest_of_sym(*answer, name);
  }
  if (!address) return no_such();
  std::lock_guard lock(mutex_);
  return symbols_.emplace(name, *address).first->second;
}

Result<unsigned> CrashQueries::pointer_bytes() {
  {
    std::lock_guard lock(mutex_);
    if (pointer_bytes_) return *pointer_bytes_;
  }
  auto answer = ask_("gdb output/d sizeof(void *)");
  if (!answer) return failure(std::move(answer));
  const auto bytes = number_in(*answer);
  if (!bytes || (*bytes != 4 && *bytes != 8)) {
    return failure(ErrorCode::debugger_error,
                   fmt::format("crash does not tell the size of a pointer: {}", trimmed(*answer)));
  }
  std::lock_guard lock(mutex_);
  pointer_bytes_ = static_cast<unsigned>(*bytes);
  return *pointer_bytes_;
}

// The kernel's half is the upper one where the kernel itself lies there.
Result<bool> CrashQueries::is_user_address(VirtualAddress address) {
  auto bytes = pointer_bytes();
  if (!bytes) return failure(std::move(bytes));
  const auto top_bit = std::uint64_t{1} << (*bytes * 8 - 1);
  if ((address.value & top_bit) != 0) return false;
  for (const std::string_view name : {"_stext", "_text"}) {
    if (const auto text = symbol_address(name)) return (text->value & top_bit) != 0;
  }
  return false;
}

// crash is asked only about what lies between the fewest and the most bits there are.
Result<bool> CrashQueries::is_canonical(VirtualAddress address) {
  if (is_sign_extended(address, least_address_bits)) return true;
  if (!is_sign_extended(address, most_address_bits)) return false;
  {
    std::lock_guard lock(mutex_);
    if (address_bits_) return is_sign_extended(address, *address_bits_);
  }
  const auto answer = ask_("mach");
  if (!answer) return failure(answer);
  std::lock_guard lock(mutex_);
  address_bits_ = address_bits_in(*answer);
  return is_sign_extended(address, *address_bits_);
}

Result<void> CrashQueries::read(VirtualAddress address, std::span<std::byte> out) {
  if (out.empty()) return {};
  const auto bytes = pointer_bytes();
  if (!bytes) return failure(bytes);
  const auto last = *bytes == 8 ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  if (address.value > last || out.size() - 1 > last - address.value) {
    return failure(ErrorCode::bad_address,
                   fmt::format("{} bytes at {:#x} are beyond the last address", out.size(), address.value),
                   address.value);
  }
  const auto canonical = *bytes == 8 ? is_canonical(address) : true;
  if (!canonical) return failure(canonical);
  if (!*canonical) {
    return failure(ErrorCode::bad_address,
                   fmt::format("cannot read {} bytes at {:#x}: not a canonical address", out.size(), address.value),
                   address.value);
  }
  const auto user = is_user_address(address);
  if (!user) return failure(user);
  if (*user) {
    return failure(ErrorCode::unmapped,
                   fmt::format("cannot read {} bytes at {:#x}: not mapped", out.size(), address.value), address.value);
  }
  while (!out.empty()) {
    std::size_t length = std::min(out.size(), chunk_bytes);
    Unit unit = Unit::word;
    if (length < 8 || length % 8 != 0) {
      // A last unit that reaches beyond what is wanted is fine while it stays on the page.
      const std::uint64_t end = address.value + length - 1;
      const bool room = end % page_bytes + 8 < page_bytes;
      if (!room && length > 8) length -= length % 8;
      if (!room && length < 8) unit = Unit::byte;
    }
    if (auto done = read_units(address, unit, out.first(length)); !done) return done;
    address = address + length;
    out = out.subspan(length);
  }
  return {};
}

Result<void> CrashQueries::read_units(VirtualAddress address, Unit unit, std::span<std::byte> out) {
  const std::size_t size = static_cast<std::size_t>(unit);
  const std::size_t count = (out.size() + size - 1) / size;
  auto answer = ask_(fmt::format("rd -x -{} {:x} {}", size * 8, address.value, count));
  if (!answer) return failure(std::move(answer));

  std::size_t done = 0;  // bytes
  for (std::string_view line : lines_of(*answer)) {
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const auto at = number(line.substr(0, colon), 16);
    if (!at || *at != address.value + done) continue;
    for (std::string_view word : words_of(line.substr(colon + 1))) {
      const auto value = number(word, 16);
      if (!value || word.size() != 2 * size || done >= out.size()) break;
      std::memcpy(out.data() + done, &*value, std::min(size, out.size() - done));
      done += size;
    }
  }
  if (done >= out.size()) return {};
  // A word may straddle two pages, the first of them readable: its bytes tell.
  if (unit == Unit::word && (address.value + done) % page_bytes > page_bytes - 8) {
    return read_units(address + done, Unit::byte, out.subspan(done));
  }
  return tl::unexpected<Error>(why_absent(address + done, out.size() - done, *answer));
}

Error CrashQueries::why_absent(VirtualAddress at, std::size_t wanted, std::string_view answer) {
  // It stands behind the words of an unfinished line.
  constexpr std::string_view prefix = "rd: ";
  const auto begin = answer.rfind(prefix);
  const auto complaint = begin == answer.npos ? std::string_view() : answer.substr(begin + prefix.size());
  ErrorCode code = ErrorCode::page_unreadable;
  if (complaint.starts_with("page excluded")) {
    code = ErrorCode::page_excluded;
  } else if (complaint.starts_with("invalid ")) {
    code = ErrorCode::unmapped;
  } else if (complaint.starts_with("seek error")) {
    code = ErrorCode::unmapped;
    if (auto walk = ask_(fmt::format("vtop -k {:x}", at.value)); walk && walk->find("(PRESENT") != walk->npos) {
      code = ErrorCode::no_memory_there;
    }
  } else if (complaint.empty()) {
    return {ErrorCode::debugger_error, fmt::format("crash answers rd with: {}", trimmed(answer.substr(0, 200))),
            at.value};
  }
  return {code, fmt::format("cannot read {} bytes at {:#x}: {}", wanted, at.value, cause_of(code)), at.value};
}

}  // namespace alicia::debugger
