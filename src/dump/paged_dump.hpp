// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dump/dump.hpp"
#include "dump/page_cache.hpp"

namespace alicia::dump {

/// What all formats share: a cache of pages, and reads of any length put together from them. Of memory that changes
/// nothing is kept, and no more is read than is asked for.
class PagedDump : public Dump {
 public:
  const DumpInfo& info() const final { return info_; }
  Result<Page> page(PageFrame frame) const final;
  Result<void> read(PhysicalAddress address, std::span<std::byte> out) const final;

 protected:
  /// `info.page_size` must be a power of two.
  explicit PagedDump(DumpInfo info);

  /// Fills `out`, a page long, from the file.
  virtual Result<void> load_page(PageFrame frame, std::span<std::byte> out) const = 0;
  /// Reads a part of a page that load_page() could not fill, for formats that know parts of pages; all of a dump that
  /// is live. An error carries the first address missing. Unless overridden, the whole page is missing.
  virtual Result<void> load_part(PhysicalAddress address, std::span<std::byte> out, const Error& whole_page) const;

 private:
  using Bytes = std::shared_ptr<const std::byte>;

  Result<void> load(PageFrame frame, std::span<std::byte> out) const;
  Result<Page> fetch(PageFrame frame) const;
  Result<void> read_within_page(PhysicalAddress address, std::span<std::byte> out) const;

  DumpInfo info_;
  unsigned page_shift_;
  PageCache<Bytes> pages_;
  PageCache<std::shared_ptr<const Error>> absences_;
};

}  // namespace alicia::dump
