// SPDX-License-Identifier: GPL-3.0-or-later
//
// `dump -x -W ADDRESS COUNT` prints words of 32 bits, four a line between their address and themselves as letters:
//
//   0xffffffff8271ffe0: 756e694c 65762078 6f697372 2e36206e  : Linux version 6.
//
// -B does the same for bytes. Where a unit can't be read, those before it are printed, and then, on the error stream,
// what and where:
//
//   dump: cannot read 4 bytes at 0x10: PGD 0x0 at physical 0x1c610000 not present
#include "debugger/lcrash_queries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/page.hpp"
#include "debugger/memory_chunk.hpp"
#include "debugger/text.hpp"

namespace alicia::debugger {
namespace {

std::optional<std::uint64_t> from_hexadecimal(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return number(text, 16);
}

// The lines `ADDRESS OFFSET SECTION NAME …` of exactly this name; a module's symbols are called `[MODULE]NAME`.
std::optional<VirtualAddress> lowest_of_symbol(std::string_view answer, std::string_view name) {
  std::optional<VirtualAddress> kernel, module;
  for (const std::string_view line : lines_of(answer)) {
    const auto words = words_of(line);
    if (words.size() < 4 || words[1] != "0" || !words[0].starts_with("0x")) continue;
    const auto address = from_hexadecimal(words[0]);
    std::string_view found = words[3];
    const bool of_module = found.starts_with('[');
    if (of_module) found.remove_prefix(std::min(found.size(), found.find(']') + 1));
    if (!address || found != name) continue;
    auto& lowest = of_module ? module : kernel;
    if (!lowest || *address < lowest->value) lowest = VirtualAddress{*address};
  }
  return kernel ? kernel : module;
}

// What the engine's reasons say; another lcrash has others.
ErrorCode code_of(std::string_view reason) {
  for (const ErrorCode code : {ErrorCode::page_excluded, ErrorCode::page_truncated, ErrorCode::page_unreadable,
                               ErrorCode::absent_or_zero, ErrorCode::no_memory_there}) {
    if (reason.find(absence_reason(code)) != reason.npos) return code;
  }
  constexpr std::array<std::string_view, 3> unmapped{"not present", "not mapped", "of user space"};
  constexpr std::array<std::string_view, 3> bad{"not a canonical", "neither the kernel's", "beyond the"};
  const auto said = [&](std::string_view words) { return reason.find(words) != reason.npos; };
  if (std::ranges::any_of(unmapped, said)) return ErrorCode::unmapped;
  return std::ranges::any_of(bad, said) ? ErrorCode::bad_address : ErrorCode::page_unreadable;
}

Error why_absent(VirtualAddress at, std::size_t wanted, std::string_view answer) {
  const auto begin = answer.find("dump: ");
  if (begin == answer.npos) {
    return {ErrorCode::debugger_error, fmt::format("lcrash answers dump with: {}", trimmed(answer.substr(0, 200))),
            at.value};
  }
  auto reason = trimmed(answer.substr(begin + 6, answer.find('\n', begin) - begin - 6));
  if (const auto colon = reason.find(": "); reason.starts_with("cannot read ") && colon != reason.npos)
    reason.remove_prefix(colon + 2);
  return {code_of(reason), fmt::format("cannot read {} bytes at {:#x}: {}", wanted, at.value, reason), at.value};
}

}  // namespace

std::optional<std::uint64_t> size_in(std::string_view answer) {
  const auto lines = lines_of(trimmed(answer));
  if (lines.empty()) return std::nullopt;
  const auto colon = lines.back().rfind("\": ");
  const auto words = words_of(colon == std::string_view::npos ? lines.back() : lines.back().substr(colon + 3));
  std::optional<std::uint64_t> last;
  for (const std::string_view word : words)
    if (const auto found = number(word); found && (!last || colon == std::string_view::npos)) last = found;
  return last;
}

std::optional<std::uint64_t> px_in(std::string_view answer) {
  const auto text = trimmed(answer);
  if (text == "(nil)") return 0;
  return text.starts_with("0x") ? number(text.substr(2), 16) : std::nullopt;
}

Result<VirtualAddress> LcrashQueries::symbol_address(std::string_view name) {
  const auto no_such = [&] { return failure(ErrorCode::no_such_symbol, fmt::format("no such symbol: {}", name)); };
  {
    std::lock_guard lock(mutex_);
    if (const auto known = symbols_.find(name); known != symbols_.end()) return known->second;
  }
  if (!may_be_symbol(name)) return no_such();
  auto answer = ask_(fmt::format("symbol {}", name));
  if (!answer) return failure(std::move(answer));
  const auto address = lowest_of_symbol(*answer, name);
  if (!address) return no_such();
  std::lock_guard lock(mutex_);
  return symbols_.emplace(name, *address).first->second;
}

Result<unsigned> LcrashQueries::pointer_bytes() {
  {
    std::lock_guard lock(mutex_);
    if (pointer_bytes_) return *pointer_bytes_;
  }
  auto answer = ask_("sizeof void *");
  if (!answer) return failure(std::move(answer));
  const auto bytes = size_in(*answer);
  if (!bytes || (*bytes != 4 && *bytes != 8)) {
    return failure(ErrorCode::debugger_error,
                   fmt::format("lcrash does not tell the size of a pointer: {}", trimmed(*answer)));
  }
  std::lock_guard lock(mutex_);
  pointer_bytes_ = static_cast<unsigned>(*bytes);
  return *pointer_bytes_;
}

Result<void> LcrashQueries::read(VirtualAddress address, std::span<std::byte> out) {
  if (out.empty()) return {};
  const auto bytes = pointer_bytes();
  if (!bytes) return failure(bytes);
  const auto last = *bytes == 8 ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  if (address.value > last || out.size() - 1 > last - address.value) {
    return failure(ErrorCode::bad_address,
                   fmt::format("{} bytes at {:#x} are beyond the last address", out.size(), address.value),
                   address.value);
  }
  while (!out.empty()) {
    std::size_t length = std::min(out.size(), chunk_bytes);
    Unit unit = Unit::word;
    if (length < 4 || length % 4 != 0) {
      // A last unit that reaches beyond what is wanted is fine while it stays on the page.
      const std::uint64_t end = address.value + length - 1;
      const bool room = end % page_bytes + 4 < page_bytes;
      if (!room && length > 4) length -= length % 4;
      if (!room && length < 4) unit = Unit::byte;
    }
    if (auto done = read_units(address, unit, out.first(length)); !done) return done;
    address = address + length;
    out = out.subspan(length);
  }
  return {};
}

Result<void> LcrashQueries::read_units(VirtualAddress address, Unit unit, std::span<std::byte> out) {
  const std::size_t size = static_cast<std::size_t>(unit);
  const std::size_t count = (out.size() + size - 1) / size;
  // `#` says decimal.
  auto answer = ask_(fmt::format("dump -x {} {:#x} #{}", unit == Unit::byte ? "-B" : "-W", address.value, count));
  if (!answer) return failure(std::move(answer));

  std::size_t done = 0;  // bytes
  for (std::string_view line : lines_of(*answer)) {
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const auto at = from_hexadecimal(line.substr(0, colon));
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
  if (unit == Unit::word && (address.value + done) % page_bytes > page_bytes - 4) {
    return read_units(address + done, Unit::byte, out.subspan(done));
  }
  return tl::unexpected<Error>(why_absent(address + done, out.size() - done, *answer));
}

}  // namespace alicia::debugger
