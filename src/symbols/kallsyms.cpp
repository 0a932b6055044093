// SPDX-License-Identifier: GPL-3.0-or-later
//
// kallsyms_offsets has 32 bits a symbol, in order of address. They mean one of two things: the distance from
// kallsyms_relative_base; or, in kernels built with KALLSYMS_ABSOLUTE_PERCPU (x86_64 up to 6.14), an absolute value
// where the signed number is not negative (per-CPU symbols, which are offsets themselves), else base - 1 - number. No
// build option is in the dump, so the symbols that VMCOREINFO also names decide.
#include "symbols/kallsyms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "symbols/kallsyms_markers.hpp"

namespace alicia::symbols {
namespace {

tl::unexpected<Error> table_failure(std::string_view table, Error error) {
  error.message = fmt::format("kallsyms {}: {}", table, error.message);
  return tl::unexpected<Error>(std::move(error));
}

template <class T>
Result<T> read_value(const MemoryReader& memory, VirtualAddress address) {
  T value{};
  if (auto read = memory.read(address, std::as_writable_bytes(std::span(&value, 1))); !read)
    return failure(std::move(read));
  return value;
}

std::string missing(std::string_view what, std::span<const Hole> holes, std::uint32_t lost) {
  std::uint64_t bytes = 0;
  for (const Hole& hole : holes)
    bytes += hole.end - hole.begin;
  return fmt::format("kallsyms {}: {} bytes missing, the first at {:#x}, {} symbols lost: {}", what, bytes,
                     holes.front().begin.value, lost, holes.front().error.message);
}

}  // namespace

Result<std::unique_ptr<Kallsyms>> Kallsyms::read(const MemoryReader& memory, const KallsymsLocation& location,
                                                 std::span<const KnownSymbol> known) {
  const auto count = read_value<std::uint32_t>(memory, location.num_syms);
  if (!count) return table_failure("num_syms", count.error());
  if (*count == 0 || *count > most_kernel_symbols)
    return failure(ErrorCode::corrupt, fmt::format("kallsyms num_syms at {:#x} is {}", location.num_syms.value, *count),
                   location.num_syms.value);
  auto names = KallsymsNames::read(memory, location.names, location.token_table, location.token_index, *count);
  if (!names) return table_failure("names", std::move(names).error());

  std::unique_ptr<Kallsyms> result(new Kallsyms(std::move(*names), location.word_bytes));
  auto numbers =
      location.addresses ? result->read_addresses(memory, *location.addresses) : result->read_offsets(memory, location);
  if (!numbers) return failure(std::move(numbers));
  if (!result->names_.holes().empty())
    result->warnings_.push_back(missing("names", result->names_.holes(), result->names_.lost_count()));
  else if (result->names_.lost_count() != 0)
    result->warnings_.push_back(fmt::format("kallsyms names: damaged, {} symbols lost", result->names_.lost_count()));
  auto proved = location.addresses ? result->prove_addresses(known) : result->choose_encoding(known);
  if (!proved) return failure(std::move(proved));
  return result;
}

Kallsyms::Kallsyms(KallsymsNames names, unsigned word_bytes)
    : names_(std::move(names)), word_bytes_(word_bytes), addresses_(names_.count()) {}

Result<void> Kallsyms::read_offsets(const MemoryReader& memory, const KallsymsLocation& location) {
  if (auto read =
          memory.read(location.relative_base, std::as_writable_bytes(std::span(&base_.value, 1)).first(word_bytes_));
      !read)
    return table_failure("relative_base", read.error());
  offsets_.resize(count());
  const auto holes = read_region(memory, location.offsets, std::as_writable_bytes(std::span(offsets_)));
  return note_lost("offsets", holes, location.offsets, 4);
}

Result<void> Kallsyms::read_addresses(const MemoryReader& memory, VirtualAddress at) {
  std::vector<std::byte> bytes(std::size_t{count()} * word_bytes_);
  const auto holes = read_region(memory, at, bytes);
  for (std::size_t index = 0; index < addresses_.size(); ++index)
    addresses_[index] =
        word_bytes_ == 4 ? load<std::uint32_t>(bytes, index * 4) : load<std::uint64_t>(bytes, index * 8);
  return note_lost("addresses", holes, at, word_bytes_);
}

Result<void> Kallsyms::note_lost(std::string_view table, std::span<const Hole> holes, VirtualAddress at,
                                 unsigned width) {
  if (holes.empty()) return {};
  address_lost_.resize(count());
  std::uint32_t lost = 0;
  for (const Hole& hole : holes) {
    const std::uint64_t end = (hole.end - at + width - 1) / width;
    for (std::uint64_t index = (hole.begin - at) / width; index < end; ++index, ++lost)
      address_lost_[index] = true;
  }
  if (lost >= count()) return table_failure(table, holes.front().error);
  warnings_.push_back(missing(table, holes, lost));
  return {};
}

Result<void> Kallsyms::prove_addresses(std::span<const KnownSymbol> known) {
  order();
  // Per-CPU symbols of x86_64 are small numbers; all others lie in the kernel's half.
  const std::size_t first = first_place_at(word_bytes_ == 4 ? 0x40000000U : std::uint64_t{1} << 63);
  if (first < places_) base_ = VirtualAddress{address_at(first)};
  unsigned checked = 0;
  if (addresses_agree(known, checked)) return {};
  return failure(ErrorCode::corrupt, "kallsyms addresses contradict VMCOREINFO");
}

unsigned Kallsyms::count_agreeing(std::span<const KnownSymbol> known) const {
  unsigned checked = 0;
  return addresses_agree(known, checked) ? checked : 0;
}

Result<void> Kallsyms::choose_encoding(std::span<const KnownSymbol> known) {
  // A kernel image is smaller than 2 GiB, so plain distances have no sign bit.
  const auto negative =
      std::ranges::count_if(offsets_, [](std::uint32_t offset) { return (offset & 0x80000000U) != 0; });
  const bool looks_percpu = static_cast<std::size_t>(negative) > offsets_.size() / 2;
  const std::array<Encoding, 2> order = looks_percpu ? std::array{Encoding::absolute_percpu, Encoding::base_relative}
                                                     : std::array{Encoding::base_relative, Encoding::absolute_percpu};
  for (const Encoding encoding : order) {
    decode(encoding);
    unsigned checked = 0;
    if (addresses_agree(known, checked)) {
      offsets_ = {};
      return {};
    }
  }
  return failure(ErrorCode::corrupt, fmt::format("kallsyms offsets contradict VMCOREINFO on the address of {}",
                                                 known.empty() ? "every symbol" : known.front().name));
}

void Kallsyms::decode(Encoding encoding) {
  for (std::size_t index = 0; index < offsets_.size(); ++index) {
    const std::uint32_t offset = offsets_[index];
    if (encoding == Encoding::base_relative)
      addresses_[index] = word_bytes_ == 4 ? static_cast<std::uint32_t>(base_.value + offset) : base_.value + offset;
    else if ((offset & 0x80000000U) == 0)
      addresses_[index] = offset;
    else
      addresses_[index] = base_.value + ~offset;  // base - 1 - offset, the offset being negative
  }
  order();
}

void Kallsyms::order() {
  by_address_.clear();
  places_ = addresses_.size();
  if (address_lost_.empty() && std::ranges::is_sorted(addresses_)) return;
  for (std::uint32_t index = 0; index < addresses_.size(); ++index)
    if (address_lost_.empty() || !address_lost_[index]) by_address_.push_back(index);
  std::ranges::stable_sort(by_address_, {}, [this](std::uint32_t index) { return addresses_[index]; });
  places_ = by_address_.size();
}

std::size_t Kallsyms::first_place_at(std::uint64_t address) const {
  std::size_t low = 0;
  for (std::size_t left = places_; left > 0;) {
    const std::size_t half = left / 2;
    if (address_at(low + half) < address) {
      low += half + 1;
      left -= half + 1;
    } else {
      left = half;
    }
  }
  return low;
}

/// Whether every known symbol that can be checked has the address the table gives it.
bool Kallsyms::addresses_agree(std::span<const KnownSymbol> known, unsigned& checked) const {
  for (const KnownSymbol& symbol : known) {
    const auto index = names_.find(symbol.name);
    if (!index || (!address_lost_.empty() && address_lost_[*index])) continue;
    ++checked;
    if (addresses_[*index] != symbol.address.value) return false;
  }
  return true;
}

Symbol Kallsyms::symbol(std::uint32_t index) const {
  const std::string typed = names_.typed_name(index);
  Symbol result{{}, VirtualAddress{addresses_[index]}, '?', {}};
  if (!typed.empty()) {
    result.type = typed.front();
    result.name = typed.substr(1);
  }
  return result;
}

std::optional<Symbol> Kallsyms::find(std::string_view name) const {
  const auto index = names_.find(name);
  if (!index || (!address_lost_.empty() && address_lost_[*index])) return std::nullopt;
  return Symbol{std::string(name), VirtualAddress{addresses_[*index]}, names_.typed_name(*index).front(), {}};
}

std::optional<SymbolAndOffset> Kallsyms::at(VirtualAddress address) const {
  // Below the base there are only per-CPU offsets; the last symbol is the image's end.
  if (places_ == 0 || address < base_ || address.value > address_at(places_ - 1)) return std::nullopt;
  std::size_t place = first_place_at(address.value);
  if (place == places_ || address_at(place) != address.value) {
    if (place == 0) return std::nullopt;
    place = first_place_at(address_at(place - 1));  // the first of several names of one address, as in an oops
  }
  for (; place < places_ && address_at(place) <= address.value; ++place) {
    if (!names_.known(index_at(place))) continue;
    const std::uint64_t offset = address.value - address_at(place);
    return SymbolAndOffset{symbol(index_at(place)), offset};
  }
  return std::nullopt;
}

void Kallsyms::for_each(const std::function<bool(const Symbol&)>& visit) const {
  for (std::size_t place = 0; place < places_; ++place)
    if (names_.known(index_at(place)) && !visit(symbol(index_at(place)))) return;
}

}  // namespace alicia::symbols
