// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"

namespace alicia::trace {

/// One event as it lies in a sub-buffer.
struct RawEvent {
  std::uint64_t time = 0;     ///< in the buffer's clock
  std::uint32_t header = 0;   ///< where its header lies, in bytes from the start of the data
  std::uint32_t payload = 0;  ///< where its payload lies
  std::uint32_t size = 0;     ///< of the payload
};

/// The payload of the event whose header lies at `header`: its place and size. Nothing where it does not fit, or the
/// header is no event's.
std::optional<RawEvent> payload_of(std::span<const std::byte> data, std::uint32_t header);

/// Walks the events of one sub-buffer.
///
/// A sub-buffer is a time stamp, a count of committed bytes, and that many bytes of events. An event begins with 32
/// bits: five say what it is, 27 how much time passed since the one before it. A type of 1 to 28 is the payload's size
/// in words; 0 means that the size stands in the next word; 29 is padding (to the end of the page where no time passed,
/// else an event that was taken back); 30 is time that 27 bits can't hold; 31 is the time itself, its lower 59 bits.
/// The kernel's own reader leaves the time of padding out, and so does this one.
class PageCursor {
 public:
  /// @param data the committed bytes @param stamp the sub-buffer's time stamp
  PageCursor(std::span<const std::byte> data, std::uint64_t stamp) : data_(data), time_(stamp) {}

  /// The next event; nothing at the end, or where what follows cannot be an event.
  std::optional<RawEvent> next();
  /// Bytes that were committed and could not be made out.
  std::size_t lost() const { return lost_; }

 private:
  std::optional<RawEvent> give_up();

  std::span<const std::byte> data_;
  std::uint64_t time_;
  std::size_t at_ = 0;
  std::size_t lost_ = 0;
};

}  // namespace alicia::trace
