// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/translated_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace alicia::arch {
namespace {

/// The error of a read that began at `start`: what was asked for, and the first address that could not be had.
tl::unexpected<Error> unreadable(VirtualAddress start, std::size_t bytes, VirtualAddress failed, ErrorCode code,
                                 std::string_view reason) {
  std::string message =
      fmt::format("cannot read {} byte{} at {:#x}: {}", bytes, bytes == 1 ? "" : "s", start.value, reason);
  if (failed != start) message += fmt::format(" at {:#x}", failed.value);
  return failure(code, std::move(message), failed.value);
}

/// A translator's message without its own `cannot translate ADDRESS: `.
std::string_view reason_of(const Error& error) {
  const std::string_view message = error.message;
  constexpr std::string_view start = "cannot translate ";
  const std::size_t colon = message.find(": ");
  return message.starts_with(start) && colon != std::string_view::npos ? message.substr(colon + 2) : message;
}

}  // namespace

Result<void> TranslatedMemory::read(VirtualAddress address, std::span<std::byte> out) const {
  if (out.size() > std::numeric_limits<std::uint64_t>::max() - address.value)
    return failure(
        ErrorCode::bad_address,
        fmt::format("cannot read {} bytes at {:#x}: beyond the end of the address space", out.size(), address.value),
        address.value);
  std::size_t done = 0;
  while (done < out.size()) {
    const VirtualAddress here = address + done;
    const auto translation = translate(here);
    if (!translation) {
      const Error& cause = translation.error();
      return unreadable(address, out.size(), here, cause.code, reason_of(cause));
    }
    const std::uint64_t left = translation->page_bytes - (here.value & (translation->page_bytes - 1));
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size() - done));
    const auto result = memory_.read(translation->physical, out.subspan(done, length));
    if (!result) {
      const Error& cause = result.error();
      const std::uint64_t beyond =
          cause.address && *cause.address >= translation->physical.value
              ? std::min<std::uint64_t>(*cause.address - translation->physical.value, length - 1)
              : 0;
      const std::string_view absence = absence_reason(cause.code);
      return unreadable(address, out.size(), here + beyond, cause.code,
                        absence.empty() ? std::string_view(cause.message) : absence);
    }
    done += length;
  }
  return {};
}

}  // namespace alicia::arch
