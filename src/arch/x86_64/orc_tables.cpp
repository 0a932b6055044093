// SPDX-License-Identifier: GPL-3.0-or-later
//
// ORC ("oops rewind capability") is the kernel's own table of how to step from a function to its caller, written by
// objtool when the kernel is built (Documentation/arch/x86/orc-unwinder.rst in the kernel's source). It is two sorted
// arrays side by side: code addresses, each as a distance from where it is stored, and six-byte descriptions. The
// kernel's array of some 200,000 is searched by halves within what its index says; without an index, or where that
// makes no sense, in the whole array. Nothing is read but what a search touches.
#include "arch/x86_64/orc_tables.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"

namespace alicia::arch::x86_64 {
namespace {

constexpr std::uint64_t index_block = 256;

template <class T>
Result<T> read_number(const MemoryReader& memory, VirtualAddress address) {
  std::array<std::byte, sizeof(T)> bytes{};
  if (auto done = memory.read(address, bytes); !done) return failure(std::move(done));
  return load<T>(bytes);
}

bool any_contains(const std::vector<CodeRange>& ranges, VirtualAddress ip) {
  return std::ranges::any_of(ranges, [&](const CodeRange& range) { return range.contains(ip); });
}

}  // namespace

void OrcTables::set_kernel(const OrcTable& table, const std::optional<OrcIndex>& index, std::vector<CodeRange> code) {
  parts_.insert(parts_.begin(), Part{table, std::move(code), index});
}

void OrcTables::add_module(const OrcTable& table, std::vector<CodeRange> code) {
  parts_.push_back(Part{table, std::move(code), std::nullopt});
}

Result<std::optional<OrcEntry>> OrcTables::find(VirtualAddress ip) const {
  if (const auto known = known_.find(ip.value); known != known_.end()) return known->second;
  auto found = search(ip);
  if (found) known_.emplace(ip.value, *found);
  return found;
}

Result<std::optional<OrcEntry>> OrcTables::search(VirtualAddress ip) const {
  for (const OrcCopy& copy : copies_)
    if (copy.code.contains(ip)) {
      ip = copy.original + (ip - copy.code.begin);
      break;
    }
  for (const Part& part : parts_)
    if (any_contains(part.code, ip)) return search(part, ip);
  return std::nullopt;
}

Result<std::optional<OrcEntry>> OrcTables::search(const Part& part, VirtualAddress ip) const {
  Span span = indexed(part, ip).value_or(Span{0, part.table.count});
  // The last entry that begins at or below ip.
  while (span.first < span.last) {
    const std::uint64_t middle = span.first + (span.last - span.first) / 2;
    const auto begin = begin_of(part.table, middle);
    if (!begin) return failure(begin);
    if (*begin <= ip)
      span.first = middle + 1;
    else
      span.last = middle;
  }
  if (span.first == 0) return std::nullopt;
  const auto entry = read(part.table, span.first - 1);
  if (!entry) return failure(entry);
  return *entry;
}

std::optional<OrcTables::Span> OrcTables::indexed(const Part& part, VirtualAddress ip) const {
  if (!part.index || !part.index->text.contains(ip)) return std::nullopt;
  const std::uint64_t block = (ip - part.index->text.begin) / index_block;
  if (block + 1 >= part.index->count) return std::nullopt;
  const auto first = read_number<std::uint32_t>(memory_, part.index->blocks + block * 4);
  const auto next = read_number<std::uint32_t>(memory_, part.index->blocks + (block + 1) * 4);
  if (!first || !next || *first > *next || *next >= part.table.count) return std::nullopt;
  const auto begin = begin_of(part.table, *first);
  if (!begin || *begin > ip) return std::nullopt;
  return Span{*first, std::uint64_t{*next} + 1};
}

Result<VirtualAddress> OrcTables::begin_of(const OrcTable& table, std::uint64_t number) const {
  const VirtualAddress at = table.ips + number * 4;
  return read_number<std::int32_t>(memory_, at).map([&](std::int32_t distance) {
    return at + static_cast<std::uint64_t>(std::int64_t{distance});
  });
}

Result<OrcEntry> OrcTables::read(const OrcTable& table, std::uint64_t number) const {
  std::array<std::byte, 16> bytes{};
  const auto raw = std::span(bytes).first(std::min(layout_.bytes, bytes.size()));
  if (auto done = memory_.read(table.entries + number * layout_.bytes, raw); !done) return failure(std::move(done));
  return layout_.decode(raw);
}

}  // namespace alicia::arch::x86_64
