// SPDX-License-Identifier: GPL-3.0-or-later
#include "dump/paged_dump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace alicia::dump {
namespace {

constexpr std::uint64_t kCachedBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMostCachedPages = kCachedBytes / 4096;
constexpr std::uint64_t kCachedAbsences = 8192;

}  // namespace

PagedDump::PagedDump(DumpInfo info)
    : info_(std::move(info)),
      page_shift_(static_cast<unsigned>(std::countr_zero(info_.page_size))),
      pages_(info_.live ? 0 : std::min({kCachedBytes >> page_shift_, kMostCachedPages, info_.max_page_frame})),
      absences_(info_.live ? 0 : std::min(kCachedAbsences, info_.max_page_frame)) {}

Result<Page> PagedDump::page(PageFrame frame) const {
  Page found;
  if (!info_.live && pages_.visit(frame, [&found](const Bytes& bytes) { found.bytes = bytes; })) return found;
  return fetch(frame);
}

Result<void> PagedDump::load(PageFrame frame, std::span<std::byte> out) const {
  std::shared_ptr<const Error> absence;
  if (!info_.live && absences_.visit(frame, [&absence](const auto& known) { absence = known; })) {
    return tl::unexpected<Error>(*absence);
  }
  auto loaded = load_page(frame, out);
  if (!loaded) {
    loaded.error().address = frame.value << page_shift_;
    if (!info_.live) absences_.insert(frame, std::make_shared<const Error>(loaded.error()));
  }
  return loaded;
}

Result<Page> PagedDump::fetch(PageFrame frame) const {
  auto buffer = std::make_shared_for_overwrite<std::byte[]>(info_.page_size);
  if (auto loaded = load(frame, {buffer.get(), info_.page_size}); !loaded) return failure(std::move(loaded));
  Page page{Bytes{buffer, buffer.get()}};
  if (!info_.live) pages_.insert(frame, page.bytes);
  return page;
}

Result<void> PagedDump::read_within_page(PhysicalAddress address, std::span<std::byte> out) const {
  if (info_.live) return load_part(address, out, Error{});
  const PageFrame frame{address.value >> page_shift_};
  const std::size_t offset = address.value & (info_.page_size - 1);
  const auto copy = [offset, out](const Bytes& bytes) { std::memcpy(out.data(), bytes.get() + offset, out.size()); };
  if (pages_.visit(frame, copy)) return {};
  if (out.size() == info_.page_size) {
    // Who reads whole pages keeps them, so that they need not be kept here.
    if (const auto loaded = load(frame, out); !loaded) return load_part(address, out, loaded.error());
    return {};
  }
  const auto page = fetch(frame);
  if (!page) return load_part(address, out, page.error());
  copy(page->bytes);
  return {};
}

Result<void> PagedDump::load_part(PhysicalAddress address, std::span<std::byte>, const Error& whole_page) const {
  return failure(whole_page.code, whole_page.message, address.value);
}

Result<void> PagedDump::read(PhysicalAddress address, std::span<std::byte> out) const {
  if (out.size() > ~address.value) {
    return failure(
        ErrorCode::bad_address,
        fmt::format("cannot read {} bytes at physical {:#x}: the range wraps around", out.size(), address.value),
        address.value);
  }
  std::size_t done = 0;
  while (done < out.size()) {
    const PhysicalAddress at = address + done;
    const std::size_t left_in_page = info_.page_size - (at.value & (info_.page_size - 1));
    const auto piece = out.subspan(done, std::min(left_in_page, out.size() - done));
    if (auto got = read_within_page(at, piece); !got) {
      Error& error = got.error();
      error.message =
          fmt::format("cannot read {} bytes at physical {:#x}: {}", out.size(), address.value, error.message);
      return got;
    }
    done += piece.size();
  }
  return {};
}

}  // namespace alicia::dump
