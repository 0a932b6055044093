// SPDX-License-Identifier: GPL-3.0-or-later
// A dump that can't be opened as a kernel (no page tables, no symbols, a damaged header) still holds pages. They are
// had by the first of three ways that gives any: as the reader of its format has them; by page descriptors, which kdump
// files have behind their bitmaps and which betray themselves (offsets into the file, sizes below a page's, flags that
// are known), so that no header is needed; as the file lies there, which is right for ELF.
#include "dump/salvage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "base/bytes.hpp"
#include "dump/buffered_file.hpp"
#include "dump/decompress.hpp"
#include "dump/dump.hpp"
#include "dump/flattened.hpp"
#include "dump/held_pages.hpp"
#include "dump/identify.hpp"
#include "dump/kdump_header.hpp"
#include "dump/log_search.hpp"

namespace alicia::dump {
namespace {

constexpr std::uint64_t kMostSearched = std::uint64_t{1} << 20;  // pages
constexpr std::uint64_t kMostAskedFor = std::uint64_t{1} << 32;  // frames
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kMostInfo = 64 << 10;

struct PageDescriptor {
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  std::uint32_t flags = 0;
};

/// Looks at pages, one after the other, for what speaks for itself.
class Search {
 public:
  Search(Salvage& found, std::size_t alignment) : found_(found), log_(alignment) {}

  void look_at(std::uint64_t number, std::span<const std::byte> page) {
    ++found_.pages;
    log_.look_at(number, page);
    if (found_.vmcoreinfo.empty()) look_for_vmcoreinfo(page);
  }
  void finish() { found_.log = log_.records(); }

 private:
  void look_for_vmcoreinfo(std::span<const std::byte> page) {
    const auto text = as_text(page);
    const auto begin = text.find("OSRELEASE=");
    if (begin == std::string_view::npos) return;
    const auto rest = text.substr(begin, std::min(kMostInfo, text.size() - begin));
    const auto info = rest.substr(0, rest.find('\0'));
    if (info.find("\nPAGESIZE=") != std::string_view::npos) found_.vmcoreinfo = info;
  }

  Salvage& found_;
  LogSearch log_;
};

bool enough(Salvage& found) {
  if (found.pages + found.unreadable < kMostSearched) return false;
  found.complete = false;
  return true;
}

void by_reader(const Dump& dump, Salvage& found, const Cancellation& cancellation) {
  Search search(found, 8);
  if (!dump.info().vmcoreinfo.empty()) found.vmcoreinfo = dump.info().vmcoreinfo;
  found.found_by = "the dump's own tables";
  for_each_held(dump, kMostAskedFor, cancellation, [&](PageFrame frame) {
    if (const auto page = dump.page(frame)) {
      search.look_at(frame.value, {page->bytes.get(), dump.info().page_size});
    } else {
      ++found.unreadable;
    }
    return !enough(found);
  });
  search.finish();
}

std::optional<Compression> compression_by_flags(std::uint32_t flags) {
  switch (flags) {
    case 0: return Compression::none;
    case 1: return Compression::zlib;
    case 2: return Compression::lzo;
    case 4: return Compression::snappy;
    case 0x20: return Compression::zstd;
    default: return std::nullopt;
  }
}

bool plausible(const File& file, const PageDescriptor& one, std::uint64_t behind) {
  return one.size != 0 && one.size <= kPageBytes && one.offset > behind && compression_by_flags(one.flags) &&
         file.has(FileOffset{one.offset}, one.size);
}

/// The descriptors at `offset` as far as they make sense; a few that don't are passed over.
std::vector<PageDescriptor> descriptors_at(const File& file, std::uint64_t offset) {
  constexpr std::size_t most_bad = 64;
  constexpr std::size_t step = 1024;
  std::vector<PageDescriptor> found;
  std::vector<std::byte> bytes(step * kDescriptorBytes);
  std::size_t bad = 0;
  for (std::uint64_t end = file.size(); offset < end && found.size() < kMostSearched;) {
    const auto got = file.read_some(FileOffset{offset}, bytes);
    if (!got || *got < kDescriptorBytes) return found;
    for (std::size_t at = 0; at + kDescriptorBytes <= *got && offset < end; at += kDescriptorBytes) {
      const PageDescriptor one{load<std::uint64_t>(bytes, at), load<std::uint32_t>(bytes, at + 8),
                               load<std::uint32_t>(bytes, at + 12)};
      offset += kDescriptorBytes;
      if (plausible(file, one, offset)) {
        bad = 0;
        end = std::min(end, one.offset);  // the first page lies behind the last descriptor
        found.push_back(one);
      } else if (++bad > most_bad) {
        return found;
      }
    }
  }
  return found;
}

/// Behind the bitmaps, at the beginning of a block.
std::vector<PageDescriptor> find_descriptors(const File& file) {
  constexpr std::uint64_t furthest = std::uint64_t{1} << 28;
  constexpr std::size_t fewest = 64;
  for (std::uint64_t offset = kPageBytes; offset < std::min(file.size(), furthest); offset += kPageBytes) {
    auto found = descriptors_at(file, offset);
    if (found.size() >= fewest) return found;
  }
  return {};
}

void by_descriptors(const File& file, const std::vector<PageDescriptor>& descriptors, Salvage& found,
                    const Cancellation& cancellation) {
  Search search(found, 8);
  found.found_by = "page descriptors found in the file";
  std::vector<std::byte> page(kPageBytes);
  for (std::size_t index = 0; index < descriptors.size() && !cancellation.requested() && !enough(found); ++index) {
    const PageDescriptor& one = descriptors[index];
    const auto packed = file.read_block(FileOffset{one.offset}, one.size, kPageBytes, "a page");
    if (packed && decompress(*compression_by_flags(one.flags), *packed, page)) {
      search.look_at(index, page);
    } else {
      ++found.unreadable;
    }
  }
  search.finish();
}

/// As ELF has pages: neither packed nor, for all that is known, at the beginning of anything.
void as_it_lies(const File& file, Salvage& found, const Cancellation& cancellation) {
  Search search(found, 4);
  found.found_by = "the file as it lies there";
  std::vector<std::byte> bytes(kPageBytes);
  std::uint64_t number = 0;
  for (std::uint64_t offset = 0; offset < file.size() && !cancellation.requested() && !enough(found);
       offset += kPageBytes) {
    const auto got = file.read_some(FileOffset{offset}, bytes);
    if (got) {
      search.look_at(number, std::span{bytes}.first(*got));
    } else {
      ++found.unreadable;
    }
    ++number;
  }
  search.finish();
}

/// The text that VMCOREINFO is stands in the file itself, unpacked, near its beginning.
std::string find_vmcoreinfo(const File& file) {
  constexpr std::size_t beginning = 4 << 20;
  std::vector<std::byte> bytes(std::min<std::uint64_t>(beginning, file.size()));
  const auto got = file.read_some(FileOffset{0}, bytes);
  const auto text = as_text(std::span{bytes}.first(got ? *got : 0));
  const auto begin = text.find("OSRELEASE=");
  if (begin == std::string_view::npos) return {};
  const auto rest = text.substr(begin, kMostInfo);
  return std::string{rest.substr(0, rest.find('\0'))};
}

void search_pages(const std::filesystem::path& path, const File& file, Salvage& found,
                  const Cancellation& cancellation) {
  if (const auto dump = open_dump({path})) by_reader(**dump, found, cancellation);
  if (found.vmcoreinfo.empty()) found.vmcoreinfo = find_vmcoreinfo(file);
  if (found.pages != 0) return;
  if (const auto descriptors = find_descriptors(file); !descriptors.empty()) {
    return by_descriptors(file, descriptors, found, cancellation);
  }
  as_it_lies(file, found, cancellation);
}

}  // namespace

Result<Salvage> salvage(const std::filesystem::path& path, const Cancellation& cancellation) {
  auto opened = open_file(path);
  if (!opened) return failure(std::move(opened));
  std::shared_ptr<const File> file = buffered(*std::move(opened));
  const auto recognised = recognise(*file);
  if (!recognised) return failure(recognised);
  Salvage found;
  found.kind = recognised->identity.description;
  found.bytes = file->size();
  if (recognised->format == Format::flattened) {
    if (auto inner = unflatten(file)) {
      file = *std::move(inner);
    } else {
      found.header.push_back({"flattened file", "", inner.error().message});
    }
  }
  const auto fields = header_fields(*file);
  found.header.insert(found.header.end(), fields.begin(), fields.end());
  search_pages(path, *file, found, cancellation);
  if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
  return found;
}

}  // namespace alicia::dump
