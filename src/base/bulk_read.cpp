// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/bulk_read.hpp"

#include <algorithm>
#include <iterator>
#include <thread>

#include "base/page.hpp"
#include "base/signals_blocked.hpp"

namespace alicia {
namespace {

constexpr std::size_t chunk_bytes = 16 * page_bytes;
constexpr std::size_t bytes_per_thread = 32 * page_bytes;
constexpr unsigned most_threads = 4;

void add_hole(std::vector<Hole>& holes, Hole hole) {
  if (!holes.empty() && holes.back().end == hole.begin && holes.back().error.code == hole.error.code)
    holes.back().end = hole.end;
  else
    holes.push_back(std::move(hole));
}

/// Calls `use` with the pieces of [address, address + out.size()) that boundaries of `unit` bytes cut it into.
template <class Use>
void for_each_piece(VirtualAddress address, std::span<std::byte> out, std::size_t unit, Use use) {
  for (std::size_t done = 0; done < out.size();) {
    const VirtualAddress here = address + done;
    const std::size_t length = std::min(out.size() - done, unit - static_cast<std::size_t>(here.value % unit));
    use(here, out.subspan(done, length));
    done += length;
  }
}

std::vector<Hole> read_part(const MemoryReader& memory, VirtualAddress address, std::span<std::byte> out) {
  std::vector<Hole> holes;
  for_each_piece(address, out, chunk_bytes, [&](VirtualAddress start, std::span<std::byte> chunk) {
    if (memory.read(start, chunk)) return;
    for_each_piece(start, chunk, page_bytes, [&](VirtualAddress page, std::span<std::byte> bytes) {
      if (auto result = memory.read(page, bytes); !result)
        add_hole(holes, Hole{page, page + bytes.size(), std::move(result).error()});
    });
  });
  return holes;
}

}  // namespace

std::vector<Hole> read_region(const MemoryReader& memory, VirtualAddress address, std::span<std::byte> out) {
  const std::size_t wanted = out.size() / bytes_per_thread;
  const std::size_t count =
      std::clamp<std::size_t>(wanted, 1, std::min(std::thread::hardware_concurrency(), most_threads));
  if (count == 1) return read_part(memory, address, out);

  const std::size_t share = (out.size() / count + chunk_bytes - 1) / chunk_bytes * chunk_bytes;
  std::vector<std::vector<Hole>> found(count);
  {
    std::vector<std::jthread> threads;
    const SignalsBlocked blocked;
    for (std::size_t part = 1; part < count; ++part) {
      const std::size_t begin = std::min(part * share, out.size());
      const std::size_t end = part + 1 == count ? out.size() : std::min(begin + share, out.size());
      threads.emplace_back([&memory, &holes = found[part], at = address + begin,
                            bytes = out.subspan(begin, end - begin)] { holes = read_part(memory, at, bytes); });
    }
    found[0] = read_part(memory, address, out.first(std::min(share, out.size())));
  }
  std::vector<Hole> holes;
  for (auto& part : found)
    for (auto& hole : part)
      add_hole(holes, std::move(hole));
  return holes;
}

}  // namespace alicia
