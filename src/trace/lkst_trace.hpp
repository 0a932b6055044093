// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "target/target.hpp"
#include "trace/kernel_trace.hpp"
#include "trace/lkst_buffers.hpp"

namespace alicia::trace {

/// LKST's buffers as the dump has them.
class LkstTrace {
 public:
  /// @param target borrowed. Errors: no_such_symbol (nothing recorded by LKST); those of reading; interrupted.
  static Result<std::unique_ptr<LkstTrace>> open(target::Target& target, const Cancellation& cancellation);

  const std::vector<lkst::Buffer>& buffers() const { return buffers_.buffers; }
  const EventFormats& formats() const { return formats_; }
  const std::vector<std::string>& problems() const { return buffers_.problems; }

  /// The records of these buffers, by their places in buffers(). Errors: bad_argument; interrupted.
  Result<std::unique_ptr<Collection>> collect(std::span<const std::size_t> places,
                                              const Cancellation& cancellation) const;

 private:
  explicit LkstTrace(target::Target& target) : target_(target) {}

  target::Target& target_;
  lkst::Buffers buffers_;
  EventFormats formats_;
  CommandNames commands_;
};

}  // namespace alicia::trace
