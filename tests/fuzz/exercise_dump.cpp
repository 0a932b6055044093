// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz/exercise_dump.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "base/bytes.hpp"

namespace alicia::dump::test {
namespace {

class MemoryFile final : public File {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : bytes_(std::as_bytes(std::span{data, size})) {}
  const std::filesystem::path& path() const override { return path_; }
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_some(FileOffset offset, std::span<std::byte> out) const override {
    if (offset.value >= bytes_.size()) return 0;
    const auto part = bytes_.subspan(offset.value, std::min(out.size(), bytes_.size() - offset.value));
    std::ranges::copy(part, out.begin());
    return part.size();
  }

 private:
  std::span<const std::byte> bytes_;
  std::filesystem::path path_ = "fuzz";
};

void demand(bool held) {
  if (!held) std::abort();
}

/// A page is the same whether read as a page, again from the cache, or as a range of bytes.
void read_page(const Dump& dump, std::uint64_t frame) {
  const std::size_t size = dump.info().page_size;
  const auto page = dump.page(PageFrame{frame});
  const auto again = dump.page(PageFrame{frame});
  demand(page.has_value() == again.has_value());
  if (!page) {
    demand(page.error().code == again.error().code && !page.error().message.empty());
    return;
  }
  std::vector<std::byte> bytes(size);
  demand(dump.read(PhysicalAddress{frame * size}, bytes).has_value());
  demand(std::memcmp(bytes.data(), page->bytes.get(), size) == 0);
}

}  // namespace

std::shared_ptr<const File> memory_file(const std::uint8_t* data, std::size_t size) {
  return std::make_shared<MemoryFile>(data, size);
}

void exercise(const Result<std::unique_ptr<Dump>>& opened) {
  if (!opened) {
    demand(!opened.error().message.empty());
    return;
  }
  const Dump& dump = **opened;
  const DumpInfo& info = dump.info();
  demand(info.page_size != 0 && (info.page_size & (info.page_size - 1)) == 0);
  std::uint64_t held = info.vmcoreinfo.size() + info.warnings.size() + info.segments.size();
  for (const auto& note : info.notes)
    held += note.content.size();
  demand(held < (std::uint64_t{1} << 32));
  for (const auto& range : info.memory)
    demand(range.begin < range.end);
  for (std::uint64_t frame = 0; frame < 24; ++frame)
    read_page(dump, frame);
  for (std::uint64_t back = 0; back < 4; ++back)
    read_page(dump, (info.max_page_frame - back) & (~std::uint64_t{0} >> 20));
  if (!info.memory.empty()) read_page(dump, info.memory.back().begin.value / info.page_size);
  std::array<std::byte, 300> bytes{};
  for (const std::uint64_t address : {std::uint64_t{0xff0}, ~std::uint64_t{0} - 100, ~std::uint64_t{0} - 400}) {
    const auto done = dump.read(PhysicalAddress{address}, bytes);
    demand(done.has_value() || done.error().address.has_value());
  }
}

}  // namespace alicia::dump::test
