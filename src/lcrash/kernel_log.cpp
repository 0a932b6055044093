// SPDX-License-Identifier: GPL-3.0-or-later
//
// The log since 5.10 is three rings (kernel/printk/printk_ringbuffer.h): descriptors, an info for each, and text. A
// descriptor's state_var holds its id below two bits of state; ids run from tail_id to head_id, and the descriptor of
// an id is at id modulo their number. Its text lies between two logical positions, whose low bits are the place in the
// text ring: the id again, one long, then the text. A block that would cross the ring's end begins at its first byte.
// An odd position means: no text. Where there are no types, VMCOREINFO tells where the members lie.
#include "lcrash/kernel_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/bytes.hpp"
#include "target/layout.hpp"

namespace alicia::lcrash {
namespace {

constexpr std::uint64_t kMostText = std::uint64_t{1} << 24;

class Ring {
 public:
  explicit Ring(target::Target& target) : target_(target), long_(target.pointer_bytes()) {}

  Result<std::string> text(const Cancellation& cancellation) {
    if (auto found = find(); !found) return failure(found);
    const std::uint64_t mask = id_mask();
    const std::uint64_t count = std::min(((head_ - tail_) & mask) + 1, count_);
    std::string out;
    for (std::uint64_t step = 0; step < count && out.size() < kMostText; ++step) {
      if (cancellation.requested()) return failure(ErrorCode::interrupted, "interrupted");
      add_record((tail_ + step) & mask, out);
    }
    return out;
  }

 private:
  std::uint64_t id_mask() const { return (std::uint64_t{1} << (8 * long_ - 2)) - 1; }

  std::uint64_t offset(std::string_view type, std::string_view member) {
    if (const auto layout = target::Layout::of(target_.types(), fmt::format("struct {}", type)))
      if (const auto field = layout->field(member)) return field->bit_offset / 8;
    const auto told = target_.vmcoreinfo().decimal(fmt::format("OFFSET({}.{})", type, member));
    if (!told || *told < 0) missing_ = fmt::format("{}.{}", type, member);
    return told && *told >= 0 ? static_cast<std::uint64_t>(*told) : 0;
  }

  std::uint64_t size(std::string_view type) {
    if (const auto layout = target::Layout::of(target_.types(), fmt::format("struct {}", type))) return layout->size();
    const auto told = target_.vmcoreinfo().decimal(fmt::format("SIZE({})", type));
    if (!told || *told <= 0) missing_ = type;
    return told && *told > 0 ? static_cast<std::uint64_t>(*told) : 0;
  }

  Result<std::uint64_t> word(VirtualAddress address, std::size_t bytes) const {
    std::uint64_t value = 0;
    auto read = target_.memory().read(address, std::as_writable_bytes(std::span(&value, 1)).first(bytes));
    if (!read) return failure(std::move(read));
    return value;
  }

  Result<void> find() {
    const auto symbol = target_.symbol("prb");
    if (!symbol) return failure(ErrorCode::no_such_symbol, "this kernel's log is no printk ring buffer");
    const auto ring = word(symbol->address, long_);
    if (!ring) return failure(ring);
    const VirtualAddress ids = VirtualAddress{*ring} + offset("printk_ringbuffer", "desc_ring");
    const VirtualAddress texts = VirtualAddress{*ring} + offset("printk_ringbuffer", "text_data_ring");
    struct Wanted {
      std::uint64_t* value;
      VirtualAddress at;
      std::size_t bytes;
    };
    std::uint64_t count_bits = 0;
    const std::array<Wanted, 7> wanted{{{&count_bits, ids + offset("prb_desc_ring", "count_bits"), 4},
                                        {&bits_, texts + offset("prb_data_ring", "size_bits"), 4},
                                        {&descs_.value, ids + offset("prb_desc_ring", "descs"), long_},
                                        {&infos_.value, ids + offset("prb_desc_ring", "infos"), long_},
                                        {&data_.value, texts + offset("prb_data_ring", "data"), long_},
                                        {&head_, ids + offset("prb_desc_ring", "head_id"), long_},
                                        {&tail_, ids + offset("prb_desc_ring", "tail_id"), long_}}};
    desc_size_ = size("prb_desc");
    info_size_ = size("printk_info");
    state_at_ = offset("prb_desc", "state_var");
    begin_at_ = offset("prb_desc", "text_blk_lpos") + offset("prb_data_blk_lpos", "begin");
    next_at_ = offset("prb_desc", "text_blk_lpos") + offset("prb_data_blk_lpos", "next");
    time_at_ = offset("printk_info", "ts_nsec");
    length_at_ = offset("printk_info", "text_len");
    if (!missing_.empty())
      return failure(ErrorCode::no_such_type, fmt::format("the log cannot be read: {} is not known", missing_));
    for (const Wanted& each : wanted) {
      const auto value = word(each.at, each.bytes);
      if (!value) return failure(value);
      *each.value = *value;
    }
    const bool sane = count_bits >= 1 && count_bits <= 31 && bits_ >= 1 && bits_ <= 31 && desc_size_ <= 4096 &&
                      info_size_ <= 4096 && std::max(begin_at_, next_at_) + long_ <= desc_size_ &&
                      state_at_ + long_ <= desc_size_ && time_at_ + 8 <= info_size_ && length_at_ + 4 <= info_size_;
    if (!sane) return failure(ErrorCode::corrupt, "the log's rings make no sense", *ring);
    count_ = std::uint64_t{1} << count_bits;
    return {};
  }

  std::uint64_t load_long(std::span<const std::byte> bytes, std::uint64_t at) const {
    return long_ == 4 ? load<std::uint32_t>(bytes, at) : load<std::uint64_t>(bytes, at);
  }

  void add_record(std::uint64_t id, std::string& out) const {
    const std::uint64_t index = id % count_;
    std::vector<std::byte> desc(desc_size_), info(info_size_);
    auto read = target_.memory().read(descs_ + index * desc_size_, desc);
    if (read) read = target_.memory().read(infos_ + index * info_size_, info);
    if (!read) {
      fmt::format_to(std::back_inserter(out), "<{}>\n", read.error().message);
      return;
    }
    const std::uint64_t state = load_long(desc, state_at_);
    const std::uint64_t kind = state >> (8 * long_ - 2);
    if ((state & id_mask()) != id || kind == 0 || kind == 3) return;  // reserved, or used for another
    const auto nanoseconds = load<std::uint64_t>(info, time_at_);
    const auto level = load<std::uint8_t>(info, length_at_ + 3) >> 5;  // u16 text_len, u8 facility, flags:5, level:3
    const std::string prefix =
        fmt::format("<{}>[{:5}.{:06}] ", level, nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000 / 1000);
    auto text =
        text_of(id, load_long(desc, begin_at_), load_long(desc, next_at_), load<std::uint16_t>(info, length_at_));
    std::string_view left = text ? std::string_view(*text) : std::string_view(text.error().message);
    for (bool first = true; first || !left.empty(); first = false) {
      const auto line = left.substr(0, left.find('\n'));
      out.append(prefix).append(line).append("\n");
      left.remove_prefix(std::min(left.size(), line.size() + 1));
    }
  }

  Result<std::string> text_of(std::uint64_t id, std::uint64_t begin, std::uint64_t next, std::uint64_t length) const {
    if ((begin & 1U) != 0) return std::string();
    const std::uint64_t size = std::uint64_t{1} << bits_;
    std::uint64_t from = begin % size;
    std::uint64_t to = next % size;
    if (begin / size != next / size && to != 0) from = 0;
    if (to == 0) to = size;
    if (from >= to || to - from < long_ || to - from > kMostText)
      return failure(ErrorCode::corrupt, "<a text that lies outside the log>");
    std::vector<std::byte> block(long_ + std::min(length, to - from - long_));
    if (auto read = target_.memory().read(data_ + from, block); !read)
      return failure(read.error().code, fmt::format("<{}>", read.error().message));
    if (load_long(block, 0) != id) return failure(ErrorCode::corrupt, "<a text of another record>");
    return std::string(as_text(std::span(block).subspan(long_)));
  }

  target::Target& target_;
  std::size_t long_;
  std::string missing_;
  VirtualAddress descs_, infos_, data_;
  std::uint64_t bits_ = 0, count_ = 0, head_ = 0, tail_ = 0;
  std::uint64_t desc_size_ = 0, info_size_ = 0;
  std::uint64_t state_at_ = 0, begin_at_ = 0, next_at_ = 0, time_at_ = 0, length_at_ = 0;
};

}  // namespace

Result<std::string> kernel_log(target::Target& target, const Cancellation& cancellation) {
  return Ring(target).text(cancellation);
}

}  // namespace alicia::lcrash
