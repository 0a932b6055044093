// SPDX-License-Identifier: GPL-3.0-or-later
#include "target/kernel_list.hpp"

#include <fmt/format.h>

#include <unordered_set>

namespace alicia::target {

Result<void> walk_list(const MemoryReader& memory, VirtualAddress head, unsigned pointer_bytes,
                       const std::function<bool(VirtualAddress)>& visit) {
  constexpr std::size_t most = 100'000;
  std::unordered_set<std::uint64_t> seen;
  VirtualAddress link = head;
  for (;;) {
    std::uint64_t next = 0;
    if (auto read = memory.read(link, std::as_writable_bytes(std::span(&next, 1)).first(pointer_bytes)); !read)
      return read;
    link = VirtualAddress{next};
    if (link == head) return {};
    if (!seen.insert(next).second || seen.size() > most)
      return failure(ErrorCode::corrupt, fmt::format("list at {:#x} does not come back to its head", head.value), next);
    if (!visit(link)) return {};
  }
}

}  // namespace alicia::target
