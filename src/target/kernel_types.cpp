// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/kernel_types.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/bulk_read.hpp"

namespace alicia::target {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{64} << 20;  // a big distribution kernel has 6 MB

Result<std::vector<std::byte>> read_whole(const MemoryReader& memory, VirtualAddress address, std::uint64_t bytes) {
  if (bytes == 0 || bytes > most_bytes)
    return failure(ErrorCode::corrupt, fmt::format("BTF at {:#x} would have {} bytes", address.value, bytes),
                   address.value);
  std::vector<std::byte> data(bytes);
  auto holes = read_region(memory, address, data);
  if (!holes.empty()) {
    std::uint64_t missing = 0;
    for (const Hole& hole : holes)
      missing += hole.end - hole.begin;
    Error error = std::move(holes.front().error);
    error.message = fmt::format("{} of {} bytes of BTF missing: {}", missing, bytes, error.message);
    return tl::unexpected<Error>(std::move(error));
  }
  return data;
}

}  // namespace

Result<std::unique_ptr<types::BtfSource>> read_kernel_btf(const MemoryReader& memory, BtfRange range) {
  const auto data = read_whole(memory, range.begin, range.end.value - range.begin.value);
  if (!data) return failure(data);
  return types::BtfSource::create(*data);
}

Result<std::unique_ptr<types::BtfSource>> read_module_btf(const MemoryReader& memory, VirtualAddress data,
                                                          std::uint64_t bytes, types::BtfSource& kernel) {
  const auto content = read_whole(memory, data, bytes);
  if (!content) return failure(content);
  return types::BtfSource::create(*content, &kernel);
}

}  // namespace alicia::target
