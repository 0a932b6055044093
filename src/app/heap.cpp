// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/heap.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace alicia::app {
namespace {

constexpr int kStep = 32 << 20;
constexpr std::uintptr_t kHugePage = 2 << 20;

}  // namespace

void prepare_heap() {
  mallopt(M_TOP_PAD, kStep);
  mallopt(M_TRIM_THRESHOLD, 2 * kStep);
  mallopt(M_MMAP_THRESHOLD, kStep);
  // One allocation that what is free now cannot hold, and the heap has its first step.
  const auto grown = std::make_unique_for_overwrite<char[]>(kHugePage);
  const auto address = reinterpret_cast<std::uintptr_t>(grown.get());
  char* const begin = grown.get() + (kHugePage - address % kHugePage);
  char* const end = static_cast<char*>(sbrk(0));
  if (begin < end) madvise(begin, static_cast<std::size_t>(end - begin), MADV_HUGEPAGE);
}

}  // namespace alicia::app
