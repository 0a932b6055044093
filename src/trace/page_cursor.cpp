// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace/page_cursor.hpp"

namespace alicia::trace {
namespace {

constexpr std::uint32_t kWord = 4;
constexpr std::uint64_t kTwoWords = 8;
constexpr std::uint32_t kPadding = 29;
constexpr std::uint32_t kTimeExtend = 30;  // 31 is the time itself
constexpr unsigned kTypeBits = 5;
constexpr unsigned kDeltaBits = 27;
constexpr std::uint64_t kStampTop = std::uint64_t{0xf8} << 56U;  // what an absolute stamp has no room for

constexpr std::uint32_t kind_of(std::uint32_t word) {
  return word & ((1U << kTypeBits) - 1);
}

/// The lower 59 bits of a time, completed by those of the time before it.
std::uint64_t complete(std::uint64_t stamp, std::uint64_t before) {
  if ((before & kStampTop) == 0) return stamp;
  stamp |= before & kStampTop;
  return stamp < before ? stamp + (std::uint64_t{1} << 59U) : stamp;
}

}  // namespace

std::optional<RawEvent> payload_of(std::span<const std::byte> data, std::uint32_t header) {
  if (!fits(header, kWord, data.size())) return std::nullopt;
  const std::uint32_t kind = kind_of(load<std::uint32_t>(data, header));
  if (kind >= kPadding) return std::nullopt;
  RawEvent event;
  event.header = header;
  if (kind == 0) {
    if (!fits(header, kTwoWords, data.size())) return std::nullopt;
    const auto bytes = load<std::uint32_t>(data, header + kWord);
    if (bytes <= kWord) return std::nullopt;  // the kernel's events have their type at least
    event.payload = header + 2 * kWord;
    event.size = bytes - kWord;
  } else {
    event.payload = header + kWord;
    event.size = kind * kWord;
  }
  if (!fits(event.payload, event.size, data.size())) return std::nullopt;
  return event;
}

std::optional<RawEvent> PageCursor::give_up() {
  lost_ = data_.size() - at_;
  at_ = data_.size();
  return std::nullopt;
}

std::optional<RawEvent> PageCursor::next() {
  while (fits(at_, kWord, data_.size())) {
    const auto word = load<std::uint32_t>(data_, at_);
    const std::uint32_t kind = kind_of(word);
    const std::uint64_t delta = word >> kTypeBits;
    if (kind < kPadding) {
      auto event = payload_of(data_, static_cast<std::uint32_t>(at_));
      if (!event) return give_up();
      time_ += delta;
      event->time = time_;
      at_ = (std::size_t{event->payload} + event->size + kWord - 1) & ~std::size_t{kWord - 1};
      return event;
    }
    if (kind == kPadding && delta == 0) {  // nothing more on this page
      at_ = data_.size();
      return std::nullopt;
    }
    if (!fits(at_, kTwoWords, data_.size())) return give_up();
    const auto second = load<std::uint32_t>(data_, at_ + kWord);
    if (kind == kPadding) {
      if (!fits(at_ + kWord, second, data_.size()) || second < kWord) return give_up();
      at_ = (at_ + kWord + second + kWord - 1) & ~std::size_t{kWord - 1};
      continue;
    }
    const std::uint64_t long_time = (std::uint64_t{second} << kDeltaBits) + delta;
    time_ = kind == kTimeExtend ? time_ + long_time : complete(long_time, time_);
    at_ += kTwoWords;
  }
  if (at_ < data_.size()) return give_up();
  return std::nullopt;
}

}  // namespace alicia::trace
